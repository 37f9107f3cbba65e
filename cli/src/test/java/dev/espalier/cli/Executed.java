package dev.espalier.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import picocli.CommandLine;

/**
 * What a command that ran in this process said.
 *
 * @param exitCode its exit code
 * @param out what it printed
 * @param err what it complained of
 */
record Executed(int exitCode, String out, String err) {
  /** Runs {@code espalier} with {@code arguments}. */
  static Executed of(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine commandLine = Main.commandLine();
    commandLine.setOut(new PrintWriter(out, true));
    commandLine.setErr(new PrintWriter(err, true));
    return new Executed(commandLine.execute(arguments), out.toString(), err.toString());
  }
}
