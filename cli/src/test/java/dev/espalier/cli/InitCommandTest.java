package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.config.Configuration;
import dev.espalier.config.ConfigurationLoader;
import dev.espalier.config.JsonSchema;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code espalier init} writes, and what it leaves alone. */
class InitCommandTest {
  @TempDir Path directory;

  @Test
  @DisplayName("init writes the quickstart with comments, and the schema that its first lines name")
  void starter() throws IOException {
    Path file = directory.resolve("mine.yaml");

    Executed init = Executed.of("init", file.toString());

    assertThat(init.err()).isEmpty();
    assertThat(init.exitCode()).isZero();
    assertThat(init.out()).contains("espalier validate " + file, "espalier run " + file);
    assertThat(Files.readAllLines(file))
        .startsWith(
            "# yaml-language-server: $schema=espalier.schema.json",
            "# $schema: espalier.schema.json")
        .anyMatch(line -> line.contains("JetBrains"));
    assertThat(directory.resolve("espalier.schema.json")).hasContent(JsonSchema.text());
    assertThat(loaded(file)).isEqualTo(loaded(Path.of("../yaml-configs/quickstart.yaml")));
    assertThat(Executed.of("validate", file.toString()).out()).isEqualTo(valid(file));
  }

  @Test
  @DisplayName("what is commented out in the file can be used: the keys and values are right")
  void alternatives() throws IOException {
    Path file = directory.resolve("mine.yaml");
    assertThat(Executed.of("init", file.toString()).exitCode()).isZero();
    Files.writeString(
        file,
        Files.readString(file).replaceAll("(?m)^( +)# ((pattern|prune_domain): \\S+)", "$1$2"));

    assertThat(Executed.of("validate", file.toString()).err()).isEmpty();
    assertThat(loaded(file).pruning().approach().weightCompression().pruners().get(0).pattern())
        .isEqualTo("4x1");
  }

  @Test
  @DisplayName("a file that is there is left as it is: exit code 2")
  void keepsTheFile() throws IOException {
    Path file = Files.writeString(directory.resolve("mine.yaml"), "mine");

    Executed init = Executed.of("init", file.toString());

    assertThat(init.exitCode()).isEqualTo(2);
    assertThat(init.err()).startsWith(file + ": the file exists already, and is not overwritten");
    assertThat(file).hasContent("mine");
    assertThat(directory.resolve("espalier.schema.json")).doesNotExist();
  }

  @Test
  @DisplayName("a schema that is there is left as it is, too, and how to renew it is said")
  void keepsTheSchema() throws IOException {
    Path schema = Files.writeString(directory.resolve("espalier.schema.json"), "{}");

    Executed init = Executed.of("init", directory.resolve("mine.yaml").toString());

    assertThat(init.exitCode()).isZero();
    assertThat(init.out()).contains("renew it by: espalier schema > " + schema);
    assertThat(schema).hasContent("{}");
  }

  @Test
  @DisplayName("a second file in the folder uses the schema that is there")
  void secondFile() {
    assertThat(Executed.of("init", directory.resolve("a.yaml").toString()).exitCode()).isZero();

    Executed init = Executed.of("init", directory.resolve("b.yaml").toString());

    assertThat(init.exitCode()).isZero();
    assertThat(init.out()).doesNotContain("renew");
  }

  @Test
  @DisplayName("a folder that is not there is exit code 2")
  void noFolder() {
    Executed init = Executed.of("init", directory.resolve("no/mine.yaml").toString());

    assertThat(init.exitCode()).isEqualTo(2);
    assertThat(init.err()).contains("there is no folder " + directory.resolve("no"));
  }

  private static String valid(Path file) {
    return file + ": valid" + System.lineSeparator();
  }

  private static Configuration loaded(Path file) {
    return new ConfigurationLoader().load(file, List.of(), Map.of()).configuration();
  }
}
