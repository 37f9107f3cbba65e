package dev.espalier.cli;

import dev.espalier.tuner.run.Invocation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** The command as it was typed, for the result of a run. */
final class Invocations {
  /** Set by the launcher: how the user called it. */
  private static final String PROGRAM = "ESPALIER_PROGRAM";

  private Invocations() {}

  static Invocation of(CommandSpec spec, Invocation.Mode mode, PluginsOption plugins) {
    List<String> words = new ArrayList<>();
    words.add(System.getenv().getOrDefault(PROGRAM, "espalier"));
    words.addAll(spec.root().commandLine().getParseResult().originalArgs());
    @Nullable Path folder = plugins.folder();
    return new Invocation(words, mode, folder == null ? null : folder.toString());
  }
}
