package dev.espalier.cli;

import dev.espalier.config.ConfigurationLoader;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.tuner.prepare.Preflight;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code espalier config}: what a configuration comes to, and why. */
@Command(
    name = "config",
    description = {
      "Prints every value of a configuration and where it came from: default, file:line:column,"
          + " environment variable or --set.",
      "The output is a valid configuration. Names are checked as by validate."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = ExitCodes.HEADING,
    exitCodeList = {"0:the file is valid", ExitCodes.BUG, ExitCodes.MISTAKE, ExitCodes.PLUGIN})
final class ConfigCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "FILE",
      arity = "1..*",
      description = "The configuration; a later file overrides an earlier one.")
  private List<Path> files = new ArrayList<>();

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Overrides one value, for instance pruning.train.epochs=1. Repeatable.")
  private List<String> assignments = new ArrayList<>();

  @Mixin private PluginsOption plugins;

  @Override
  public Integer call() {
    Preflight preflight = Services.names(plugins.load());
    ResolvedConfiguration resolved =
        new ConfigurationLoader().load(files, assignments, System.getenv(), preflight);
    // As comments: what is printed is a configuration again.
    resolved.mappings().forEach(mapping -> Console.print(spec, "# " + mapping));
    preflight.notes(resolved).forEach(note -> Console.print(spec, "# " + note));
    Console.print(spec, resolved.toYaml());
    return ExitCode.OK;
  }
}
