package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.espalier.api.problem.ProblemException;
import dev.espalier.checkpoints.hub.Hub;
import dev.espalier.checkpoints.hub.HubSettings;
import dev.espalier.core.data.TaskSource;
import dev.espalier.core.data.TaskSource.TaskData;
import dev.espalier.onnxruntime.bert.ClasspathModels;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code hf:} and {@code hf-dataset:} lead to the hub's cache, and not to the network. */
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

  @Test
  @DisplayName("a data set in the cache is read as Parquet, by the split that its key stands for")
  void datasets() throws IOException {
    Path repository = cache.resolve("datasets--glue");
    Path snapshot = repository.resolve("snapshots").resolve(COMMIT);
    Path folder = Files.createDirectories(snapshot.resolve("sst2"));
    Files.createDirectories(repository.resolve("refs"));
    Files.writeString(repository.resolve("refs/main"), COMMIT);
    Path train = Files.writeString(folder.resolve("train-00000-of-00001.parquet"), "none");
    Files.writeString(folder.resolve("validation-00000-of-00001.parquet"), "none");

    assertThatThrownBy(() -> load("hf-dataset:glue/sst2"))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining(train + ": not a readable Parquet file");
    assertThatThrownBy(() -> load("hf-dataset:org/reviews"))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("hf-dataset:org/reviews: it is not in the cache " + cache)
        .hasMessageContaining("add --allow-download");
    assertThatThrownBy(() -> load("s3:bucket/file.csv"))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("s3:bucket/file.csv: this is no data set of the hub");
  }

  private void load(String reference) {
    TaskSource.DataFile file = new TaskSource.DataFile(reference, null);
    TaskData unused =
        Services.tasks(hub())
            .load(
                new TaskSource.Request(
                    "sst-2",
                    file,
                    null,
                    file,
                    null,
                    new TaskSource.Columns(null, null, null, null),
                    List.of(),
                    0,
                    0,
                    128,
                    new TaskSource.Questions(128, 64, 20, 30, 0),
                    0),
                new ClasspathModels().load("all-minilm-l6-v2").tokenizerJson());
  }

  private Hub hub() {
    URI nowhere = URI.create("http://127.0.0.1:9");
    return new Hub(
        new HubSettings(cache, nowhere, null, false, false, Duration.ZERO, Duration.ZERO));
  }
}
