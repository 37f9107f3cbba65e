package dev.espalier.cli;

import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.config.JsonSchema;
import dev.espalier.core.files.AtomicFile;
import dev.espalier.core.files.StagedOutput;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code espalier init}: a configuration to begin with, and the schema beside it. */
@Command(
    name = "init",
    description = {
      "Writes a commented configuration that runs as it is, and espalier.schema.json beside it"
          + " for completion and checks in editors.",
      "Never overwrites a file."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = ExitCodes.HEADING,
    exitCodeList = {
      "0:the file is written",
      ExitCodes.BUG,
      "2:the file is there already, its folder is not, or a mistake on the command line",
      "4:the file cannot be written"
    })
final class InitCommand implements Callable<Integer> {
  /** How the starter file's first lines name the schema. */
  private static final String SCHEMA = "espalier.schema.json";

  private static final String STARTER = "starter.yaml";

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "FILE",
      arity = "0..1",
      defaultValue = "espalier.yaml",
      description = "The file to write; espalier.yaml by default.")
  private Path file;

  @Override
  public Integer call() {
    create(file, starter());
    Path schema = file.resolveSibling(SCHEMA);
    boolean old = Files.exists(schema) && !isCurrent(schema);
    if (!Files.exists(schema)) {
      create(schema, JsonSchema.text());
    }
    Console.print(spec, "wrote " + file + "; your editor checks it by " + schema);
    if (old) {
      Console.print(
          spec,
          schema
              + " is not of this version of Espalier and was left as it is; renew it by: espalier"
              + " schema > "
              + schema);
    }
    Console.print(spec, "check it: espalier validate " + file);
    Console.print(spec, "run it:   espalier run " + file);
    return ExitCode.OK;
  }

  private static String starter() {
    try (InputStream in = InitCommand.class.getResourceAsStream(STARTER)) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isCurrent(Path schema) {
    try {
      return Files.readString(schema).equals(JsonSchema.text());
    } catch (IOException e) {
      return false; // whatever it is, it is not ours
    }
  }

  private static void create(Path file, String text) {
    Path parent = file.toAbsolutePath().getParent();
    if (!Files.isDirectory(parent)) {
      throw problem(file, "there is no folder " + parent, "Make it first, or name another.");
    }
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      throw problem(
          file,
          "the file exists already, and is not overwritten",
          "Name another file, or remove this one.");
    }
    try (StagedOutput staged = StagedOutput.file(file)) {
      AtomicFile.write(staged.path(), out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
      staged.publish();
    }
  }

  private static ProblemException problem(Path file, String message, String advice) {
    return ProblemException.at(
        ProblemKind.CONFIGURATION, Location.ofFile(file.toString()), message, advice);
  }
}
