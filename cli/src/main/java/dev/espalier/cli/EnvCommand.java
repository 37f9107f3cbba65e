package dev.espalier.cli;

import dev.espalier.tuner.run.Environment;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code espalier env}: what a bug report has to say about the machine. */
@Command(
    name = "env",
    description = {
      "Prints versions and machine details, as a block for bug reports.",
      "Loads no native library."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = ExitCodes.HEADING,
    exitCodeList = {ExitCodes.DONE, ExitCodes.BUG, ExitCodes.USAGE})
final class EnvCommand implements Callable<Integer> {
  private static final String FENCE = "```";

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    Console.print(spec, FENCE);
    Environment.describe(Versions.withNativeLibraries()).forEach(line -> Console.print(spec, line));
    Console.print(spec, "hub: " + DownloadsOption.settings(false));
    Console.print(spec, FENCE);
    return ExitCode.OK;
  }
}
