package dev.espalier.cli;

import dev.espalier.tuner.config.ConfigurationLoader;
import dev.espalier.tuner.config.ResolvedConfiguration;
import dev.espalier.tuner.run.Run;
import dev.espalier.tuner.run.RunResult;
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

  @Parameters(paramLabel = "FILE", description = "The configuration.")
  private Path file;

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
    ResolvedConfiguration configuration =
        new ConfigurationLoader().load(file, assignments, System.getenv());
    configuration.mappings().forEach(System.out::println);
    RunResult result =
        Run.execute(
            configuration,
            Services.create(Plugins.in(plugins)),
            ProgressPrinter.onConsole(System.out, noProgress));
    if (!result.summary().isEmpty()) {
      System.out.println(result.summary());
    }
    Main.print(result.problems(), spec.commandLine().getErr());
    return result.exitCode();
  }
}
