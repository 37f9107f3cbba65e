package dev.espalier.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code espalier completion}: what makes a shell complete commands and options. */
@Command(
    name = "completion",
    description = {
      "Prints a completion script for bash and zsh: commands, options and files.",
      "For this shell: source <(espalier completion)",
      "For every shell: write it to a file that your .bashrc or .zshrc sources."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = ExitCodes.HEADING,
    exitCodeList = {ExitCodes.DONE, ExitCodes.BUG, ExitCodes.USAGE})
final class CompletionCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    CommandLine root = spec.root().commandLine();
    Console.print(spec, AutoComplete.bash(root.getCommandName(), root));
    return ExitCode.OK;
  }
}
