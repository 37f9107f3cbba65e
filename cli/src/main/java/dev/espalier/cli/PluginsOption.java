package dev.espalier.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** {@code --plugins}, for every command that works with pruners, and its subcommands. */
final class PluginsOption {
  @Option(
      names = "--plugins",
      paramLabel = "DIR",
      scope = ScopeType.INHERIT,
      description = "A folder with the jars of further pruners.")
  private @Nullable Path folder;

  /** The pruners of the folder beside our own; ours alone where no folder is named. */
  Plugins load() {
    return Plugins.in(folder);
  }

  /** The folder as it was named, or null. */
  @Nullable Path folder() {
    return folder;
  }
}
