package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.api.problem.ProblemCode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import picocli.CommandLine;

/** Each kind of problem has a page, and the page says what the program says. */
class ErrorPagesTest {
  private static final Path ROOT = Path.of("..");

  @TempDir Path directory;

  @Test
  @DisplayName("each code has a page and a row in the overview, and each page has a code")
  void pagesAndCodes() throws IOException {
    Path folder = ROOT.resolve("docs/errors");
    try (Stream<Path> pages = Files.list(folder)) {
      assertThat(
              pages
                  .map(page -> page.getFileName().toString().replace(".md", ""))
                  .collect(Collectors.toSet()))
          .isEqualTo(
              Stream.concat(
                      Stream.of("README"),
                      Arrays.stream(ProblemCode.values()).map(ProblemCode::text))
                  .collect(Collectors.toSet()));
    }
    assertThat(Files.readString(folder.resolve("README.md")).lines())
        .contains(
            Arrays.stream(ProblemCode.values())
                .map(code -> row(folder, code))
                .toArray(String[]::new));
  }

  @ParameterizedTest
  @EnumSource(
      value = ProblemCode.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"TRAINING", "MISSED", "PLUGIN"})
  @DisplayName("the example of a page, laid over the quickstart, prints what the page says")
  void example(ProblemCode code) throws IOException {
    String page = Files.readString(ROOT.resolve(code.page()));
    Path file = Files.writeString(directory.resolve("x.yaml"), fenced(page, "yaml").orElseThrow());
    Optional<String> data = fenced(page, "tsv");
    if (data.isPresent()) {
      Files.writeString(directory.resolve("dev.tsv"), data.get());
    }
    StringWriter errors = new StringWriter();
    CommandLine commandLine = Main.commandLine();
    commandLine.setErr(new PrintWriter(errors, true));

    int exitCode =
        commandLine.execute(
            "run",
            "../yaml-configs/quickstart.yaml",
            file.toString(),
            "--no-progress",
            code == ProblemCode.ENVIRONMENT ? "--set=version=1" : "--set=" + workspace());

    String printed =
        errors.toString().replace(directory + "/", "").replace(System.lineSeparator(), "\n");
    assertThat(printed).as(code.page()).isEqualTo(fenced(page, "text").orElseThrow());
    assertThat(printed).endsWith("\n  " + code.page() + "\n");
    assertThat(exitCode).isEqualTo(code == ProblemCode.ENVIRONMENT ? 4 : 2);
  }

  /** A folder of our own, in case an example starts a run. */
  private String workspace() {
    return "tuning.workspace.path=" + directory.resolve("runs");
  }

  private static String row(Path folder, ProblemCode code) {
    try (Stream<String> lines = Files.lines(folder.resolve(code.text() + ".md"))) {
      String title = lines.findFirst().orElseThrow();
      String about = title.substring(title.indexOf(": ") + 2);
      return "| [`%s`](%s.md) | %s%s |"
          .formatted(
              code.text(),
              code.text(),
              about.substring(0, 1).toLowerCase(Locale.ROOT),
              about.substring(1));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Optional<String> fenced(String page, String language) {
    Matcher block = Pattern.compile("(?s)```" + language + "\n(.*?)```").matcher(page);
    return block.find() ? Optional.of(block.group(1)) : Optional.empty();
  }
}
