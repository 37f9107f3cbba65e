package dev.espalier.cli;

import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.Suggestions;
import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command {@code espalier}. */
@Command(
    name = "espalier",
    description = "Prunes and quantizes transformer models from one YAML file.",
    mixinStandardHelpOptions = true,
    versionProvider = Versions.class,
    subcommands = {
      RunCommand.class,
      ResumeCommand.class,
      QuantizeCommand.class,
      InitCommand.class,
      ValidateCommand.class,
      ConfigCommand.class,
      PrunersCommand.class,
      CountCommand.class,
      FinalizeCommand.class,
      PackCommand.class,
      UnpackCommand.class,
      SchemaCommand.class,
      EnvCommand.class,
      CompletionCommand.class
    },
    synopsisSubcommandLabel = "COMMAND",
    exitCodeListHeading = ExitCodes.HEADING,
    exitCodeList = {
      ExitCodes.MET,
      ExitCodes.BUG,
      ExitCodes.MISTAKE_OR_DATA,
      ExitCodes.MISSED_RUN,
      ExitCodes.FAILED,
      ExitCodes.INTERRUPTED
    })
public final class Main implements Runnable {
  @Spec private CommandSpec spec;

  /** For picocli. */
  public Main() {}

  /** Runs the command and exits with its code. */
  public static void main(String[] arguments) {
    StandardStreams.keepOpen();
    Session.takeSignals();
    int exitCode = ExitGuard.during(() -> commandLine().execute(arguments), System.err);
    ExitGuard.end(exitCode);
  }

  /** The command line, ready to execute, with its error handling. */
  static CommandLine commandLine() {
    CommandLine commandLine = new CommandLine(new Main());
    commandLine.setExecutionExceptionHandler(Main::handle);
    commandLine.setParameterExceptionHandler(Main::misused);
    return commandLine;
  }

  /** Without a subcommand there is nothing to do but to say what there is. */
  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }

  /** Prints problems, one paragraph each, with the page that explains it. */
  static void print(List<Problem> problems, PrintWriter err) {
    for (Problem problem : problems) {
      err.println(problem);
      err.println("  " + problem.code().page());
    }
    err.flush();
  }

  /** Says what is wrong with the command line, and what is near it, or else how it is used. */
  private static int misused(ParameterException e, String[] arguments) {
    CommandLine command = e.getCommandLine();
    PrintWriter err = command.getErr();
    err.println(command.getColorScheme().errorText(e.getMessage()));
    Optional<String> near =
        e instanceof UnmatchedArgumentException unmatched
            ? closest(unmatched.getUnmatched().get(0), command.getCommandSpec())
            : Optional.empty();
    near.ifPresentOrElse(
        name -> err.println("  Maybe \"" + name + "\" is meant."), () -> command.usage(err));
    err.flush();
    return command.getCommandSpec().exitCodeOnInvalidInput();
  }

  private static Optional<String> closest(String argument, CommandSpec spec) {
    return Suggestions.closest(
        argument,
        argument.startsWith("-") ? spec.optionsMap().keySet() : spec.subcommands().keySet());
  }

  private static int handle(Exception e, CommandLine commandLine, ParseResult result) {
    PrintWriter err = commandLine.getErr();
    if (e instanceof ProblemException known) {
      print(known.problems(), err);
      return known.exitCode();
    }
    err.println("This is a bug in Espalier; please report it with what follows.");
    e.printStackTrace(err);
    err.flush();
    return ExitCode.SOFTWARE;
  }
}
