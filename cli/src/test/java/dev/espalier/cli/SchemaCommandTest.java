package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What {@code espalier schema} prints. */
class SchemaCommandTest {
  @Test
  @DisplayName("schema prints what is published, to the last byte")
  void published() throws IOException {
    Executed schema = Executed.of("schema");

    assertThat(schema.exitCode()).isZero();
    assertThat(schema.out())
        .isEqualTo(Files.readString(Path.of("../docs/schema/espalier.schema.json")));
  }
}
