package dev.espalier.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** {@code --plugins}, for every command that works with plugins, and its subcommands. */
final class PluginsOption {
  @Option(
      names = "--plugins",
      paramLabel = "DIR",
      scope = ScopeType.INHERIT,
      description =
          "A folder with jars of further pruners, tuning strategies, metrics and run listeners.")
  private @Nullable Path folder;

  /** The plugins of the folder; none where no folder is named. */
  Plugins load() {
    return Plugins.in(folder);
  }

  /** The folder as it was named, or null. */
  @Nullable Path folder() {
    return folder;
  }
}
