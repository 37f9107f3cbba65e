package dev.espalier.cli;

import dev.espalier.config.ConfigurationLoader;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.tuner.plugin.RunListeners;
import dev.espalier.tuner.prepare.Preflight;
import dev.espalier.tuner.prepare.RunServices;
import dev.espalier.tuner.run.DryRun;
import dev.espalier.tuner.run.Invocation;
import dev.espalier.tuner.run.Run;
import dev.espalier.tuner.run.SmokeRun;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code espalier run}: everything, from the YAML file to the verdict. */
@Command(
    name = "run",
    description = "Fine-prunes, exports, quantizes and measures a model as a YAML file describes.",
    mixinStandardHelpOptions = true,
    exitCodeListHeading = ExitCodes.HEADING,
    exitCodeList = {
      ExitCodes.MET,
      ExitCodes.BUG,
      ExitCodes.MISTAKE_OR_DATA,
      ExitCodes.MISSED_RUN,
      ExitCodes.FAILED,
      ExitCodes.INTERRUPTED
    })
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

  @Mixin private PluginsOption plugins;

  @Mixin private DownloadsOption downloads;

  @Option(names = "--no-progress", description = "Plain lines instead of a progress bar.")
  private boolean noProgress;

  @ArgGroup(exclusive = true)
  private @Nullable Rehearsal rehearsal;

  /** Ways to find mistakes before the real run. */
  static final class Rehearsal {
    @Option(
        names = "--dry-run",
        description =
            "Loads model, tokenizer and data, resolves every target, trains for a few steps, and"
                + " says how long the run would take and how much memory; keeps nothing.")
    private boolean dry;

    @Option(
        names = "--smoke",
        description =
            "The whole chain in a minute: two layers, a few steps, a few examples. Shows that all"
                + " works together, and nothing about accuracy.")
    private boolean smoke;
  }

  @Override
  public Integer call() {
    Plugins found = plugins.load();
    RunServices services = Services.create(found, downloads.hub());
    RunListeners.Loaded listeners = found.listeners();
    ResolvedConfiguration configuration = load(assignments, services);
    configuration.mappings().forEach(System.out::println);
    Preflight.of(services).notes(configuration).forEach(System.out::println);
    if (rehearsal != null && rehearsal.dry) {
      System.out.println(DryRun.of(configuration, services));
      return CommandLine.ExitCode.OK;
    }
    if (rehearsal != null && rehearsal.smoke) {
      List<String> more = new ArrayList<>(assignments);
      more.addAll(SmokeRun.assignments(configuration));
      return run(
          load(more, services), SmokeRun.services(services), listeners, Invocation.Mode.SMOKE);
    }
    return run(configuration, services, listeners, Invocation.Mode.FULL);
  }

  private int run(
      ResolvedConfiguration configuration,
      RunServices services,
      RunListeners.Loaded listeners,
      Invocation.Mode mode) {
    Invocation invocation = Invocations.of(spec, mode, plugins);
    return new Session(noProgress, listeners, spec.commandLine().getErr())
        .run(
            (listener, interruption) ->
                Run.execute(configuration, services, invocation, listener, interruption));
  }

  private ResolvedConfiguration load(List<String> overrides, RunServices services) {
    return new ConfigurationLoader()
        .load(files, overrides, System.getenv(), Preflight.of(services));
  }
}
