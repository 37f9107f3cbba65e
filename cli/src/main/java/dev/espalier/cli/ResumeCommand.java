package dev.espalier.cli;

import dev.espalier.tuner.prepare.RunServices;
import dev.espalier.tuner.run.Invocation;
import dev.espalier.tuner.run.Run;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code espalier resume}: resumes a run that ended early. */
@Command(
    name = "resume",
    description =
        "Resumes a run that was killed, interrupted or failed at its first unfinished stage. What"
            + " it was made from must not have changed. For a finished run, only reprints the"
            + " result.",
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
final class ResumeCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "RUN_DIR", description = "The directory of the run.")
  private @Nullable Path directory;

  @Mixin private PluginsOption plugins;

  @Mixin private DownloadsOption downloads;

  @Option(names = "--no-progress", description = "Plain lines instead of a progress bar.")
  private boolean noProgress;

  @Override
  public Integer call() {
    Plugins found = plugins.load();
    RunServices services = Services.create(found, downloads.hub());
    Path given = Objects.requireNonNull(directory, "picocli demands it");
    Invocation invocation = Invocations.of(spec, Invocation.Mode.FULL, plugins);
    return new Session(noProgress, found.listeners(), spec.commandLine().getErr())
        .run(
            (listener, interruption) ->
                Run.resume(given, services, invocation, listener, interruption));
  }
}
