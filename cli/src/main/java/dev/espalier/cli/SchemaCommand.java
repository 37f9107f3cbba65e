package dev.espalier.cli;

import dev.espalier.config.JsonSchema;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code espalier schema}: the format, for editors. */
@Command(
    name = "schema",
    description = "Prints the JSON Schema of configurations, for completion and checks in editors.",
    mixinStandardHelpOptions = true,
    exitCodeListHeading = ExitCodes.HEADING,
    exitCodeList = {ExitCodes.DONE, ExitCodes.BUG, ExitCodes.USAGE})
final class SchemaCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    Console.print(spec, JsonSchema.text());
    return ExitCode.OK;
  }
}
