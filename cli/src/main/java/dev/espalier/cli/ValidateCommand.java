package dev.espalier.cli;

import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.config.ConfigurationLoader;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.tuner.prepare.Preflight;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code espalier validate}: what is wrong with configurations, without model and data. */
@Command(
    name = "validate",
    description = {
      "Validates configuration files and reports every problem.",
      "Reads neither model nor data; espalier run checks those before it trains."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = ExitCodes.HEADING,
    exitCodeList = {
      "0:every file is valid",
      ExitCodes.BUG,
      "2:at least one file is not, or a mistake on the command line",
      ExitCodes.PLUGIN
    })
final class ValidateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE", arity = "1..*", description = "The configurations.")
  private List<Path> files = new ArrayList<>();

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Overrides one value in each file. Repeatable.")
  private List<String> assignments = new ArrayList<>();

  @Mixin private PluginsOption plugins;

  @Override
  public Integer call() {
    Preflight preflight = Services.names(plugins.load());
    // A wrong assignment or variable is wrong for each file, and said once.
    Set<Problem> all = new LinkedHashSet<>();
    for (Path file : files) {
      try {
        ResolvedConfiguration resolved = load(file, preflight);
        resolved.mappings().forEach(mapping -> Console.print(spec, mapping.toString()));
        preflight.notes(resolved).forEach(note -> Console.print(spec, note));
        Console.print(spec, file + ": valid");
      } catch (ProblemException e) {
        all.addAll(e.problems());
      }
    }
    List<Problem> problems = List.copyOf(all);
    Main.print(problems, spec.commandLine().getErr());
    return problems.isEmpty() ? ExitCode.OK : problems.get(0).kind().exitCode();
  }

  private ResolvedConfiguration load(Path file, Preflight preflight) {
    return new ConfigurationLoader().load(List.of(file), assignments, System.getenv(), preflight);
  }
}
