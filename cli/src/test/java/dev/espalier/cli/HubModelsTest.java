package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.espalier.api.problem.ProblemException;
import dev.espalier.checkpoints.hub.Hub;
import dev.espalier.checkpoints.hub.HubSettings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code model.checkpoint: hf:...} leads to the hub's cache, and not to the network. */
class HubModelsTest {
  private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

  @TempDir Path cache;

  @Test
  @DisplayName("a model in the cache is read from the snapshot that its branch was at")
  void cached() throws IOException {
    Path repository = cache.resolve("models--org--tiny");
    Path snapshot = Files.createDirectories(repository.resolve("snapshots").resolve(COMMIT));
    Files.createDirectories(repository.resolve("refs"));
    Files.writeString(repository.resolve("refs/main"), COMMIT);

    assertThatThrownBy(() -> Services.models(hub()).load("hf:org/tiny"))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining(snapshot.resolve("config.json").toString());
  }

  @Test
  @DisplayName("one that is not there is not fetched, and it is said how to allow it")
  void notCached() {
    assertThatThrownBy(() -> Services.models(hub()).load("hf:org/tiny"))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("hf:org/tiny: it is not in the cache " + cache)
        .hasMessageContaining("add --allow-download");
  }

  private Hub hub() {
    URI nowhere = URI.create("http://127.0.0.1:9");
    return new Hub(new HubSettings(cache, nowhere, null, false, false, Duration.ZERO));
  }
}
