package dev.espalier.cli;

import dev.espalier.tuner.config.ConfigurationLoader;
import dev.espalier.tuner.config.ResolvedConfiguration;
import dev.espalier.tuner.run.Preflight;
import dev.espalier.tuner.run.Run;
import dev.espalier.tuner.run.RunResult;
import dev.espalier.tuner.run.RunServices;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code espalier run}: everything, from the YAML file to the verdict. */
@Command(
    name = "run",
    description = "Fine-prunes, exports, quantizes and measures what a YAML file describes.",
    mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {
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

  @Option(
      names = "--plugins",
      paramLabel = "DIR",
      description = "A folder with the jars of further pruners.")
  private @Nullable Path plugins;

  @Option(names = "--no-progress", description = "Plain lines instead of a progress bar.")
  private boolean noProgress;

  @Override
  public Integer call() {
    RunServices services = Services.create(Plugins.in(plugins));
    ResolvedConfiguration configuration =
        new ConfigurationLoader()
            .load(files, assignments, System.getenv(), new Preflight(services));
    RunResult result =
        Run.execute(configuration, services, ProgressPrinter.onConsole(System.out, noProgress));
    if (!result.summary().isEmpty()) {
      System.out.println(result.summary());
    }
    Main.print(result.problems(), spec.commandLine().getErr());
    return result.exitCode();
  }
}
