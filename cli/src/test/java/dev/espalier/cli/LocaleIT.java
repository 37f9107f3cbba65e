package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The assembled command where i has no dot when it is small, and numbers have a comma. */
class LocaleIT {
  private static final String QUICKSTART = "../yaml-configs/quickstart.yaml";

  @TempDir Path directory;

  @ParameterizedTest(name = "{0}")
  @CsvSource({"config " + QUICKSTART, "pruners describe soft_movement"})
  @DisplayName("commands print the same in Turkish and German as in English")
  void printsTheSame(String command) throws IOException, InterruptedException {
    String english = run("en", "US", command);
    assertThat(run("tr", "TR", command)).isEqualTo(english);
    assertThat(run("de", "DE", command)).isEqualTo(english);
  }

  @Test
  @DisplayName("training works in Turkish, the loading of native libraries by platform included")
  void trains() throws IOException, InterruptedException {
    assertThat(
            run(
                "tr",
                "TR",
                "run "
                    + QUICKSTART
                    + " --dry-run --set data.train_examples=100"
                    + " --set data.evaluation_examples=100"))
        .contains("A step took ");
  }

  private String run(String language, String country, String command)
      throws IOException, InterruptedException {
    return Assembled.run(
        0,
        directory.resolve("log"),
        List.of("-Duser.language=" + language, "-Duser.country=" + country),
        List.of(command.split(" ")));
  }
}
