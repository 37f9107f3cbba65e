package dev.espalier.cli;

import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

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
      ExitCodes.MISSED,
      ExitCodes.FAILED,
      ExitCodes.INTERRUPTED
    })
public final class Main implements Runnable {
  @Spec private CommandSpec spec;

  /** For picocli. */
  public Main() {}

  /** Runs the command and exits with its code. */
  public static void main(String[] arguments) {
    int exitCode = ExitGuard.during(() -> commandLine().execute(arguments), System.err);
    System.exit(exitCode);
  }

  /** The command line, ready to execute, with its error handling. */
  static CommandLine commandLine() {
    CommandLine commandLine = new CommandLine(new Main());
    commandLine.setExecutionExceptionHandler(Main::handle);
    return commandLine;
  }

  /** Without a subcommand there is nothing to do but to say what there is. */
  @Override
  public void run() {
    throw new CommandLine.ParameterException(spec.commandLine(), "a command is missing");
  }

  /** Prints problems, one paragraph each, with the page that explains it. */
  static void print(List<Problem> problems, PrintWriter err) {
    for (Problem problem : problems) {
      err.println(problem);
      err.println("  " + problem.code().page());
    }
    err.flush();
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
