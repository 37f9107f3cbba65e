package dev.espalier.checkpoints.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.espalier.api.problem.ProblemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against a server on this machine, with data sets laid out as on the hub. */
class HubDatasetsTest {
  private static final List<String> VALIDATION = List.of("validation", "validation_matched");

  @TempDir Path folder;
  private final LocalHub hub = new LocalHub();

  @BeforeEach
  void fill() {
    put(
        "glue@main",
        "README.md",
        "mnli/train-00000-of-00001.parquet",
        "mnli/validation_matched-00000-of-00001.parquet",
        "mnli/validation_mismatched-00000-of-00001.parquet",
        "sst2/test-00000-of-00001.parquet",
        "sst2/train-00000-of-00001.parquet",
        "sst2/validation-00000-of-00001.parquet");
    put(
        "org/reviews@main",
        "data/train-00001-of-00002.parquet",
        "data/train-00000-of-00002.parquet",
        "data/validation-00000-of-00001.parquet");
    put("org/reviews@v1", "data/train.parquet");
    put("org/script@main", "script.py");
    put("org/script@refs/convert/parquet", "one/train/0000.parquet", "one/train/0001.parquet");
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "hf-dataset:glue/sst2 | train | sst2/train-00000-of-00001.parquet",
        "hf-dataset:glue/sst2#test | train | sst2/test-00000-of-00001.parquet",
        "hf-dataset:glue/mnli | validation | mnli/validation_matched-00000-of-00001.parquet",
        "hf-dataset:org/reviews | train |"
            + " data/train-00000-of-00002.parquet, data/train-00001-of-00002.parquet",
        "hf-dataset:org/reviews@v1 | train | data/train.parquet",
        "hf-dataset:org/script | train | one/train/0000.parquet, one/train/0001.parquet",
        "hf-dataset:org/script/one | train | one/train/0000.parquet, one/train/0001.parquet",
      })
  @DisplayName("a reference is an organization's data set or a data set's configuration, by split")
  void files(String written, String split, String expected) {
    List<String> splits = split.equals("train") ? List.of("train") : VALIDATION;

    List<Path> files = datasets(true).files(written, splits);

    assertThat(files)
        .allMatch(Files::isRegularFile)
        .extracting(file -> file.toString().replaceFirst(".*/snapshots/[0-9a-f]{40}/", ""))
        .containsExactly(expected.split(", ", -1));
    assertThat(files.get(0)).hasContent(expected.split(", ", -1)[0]);
  }

  @Test
  @DisplayName("only what is asked for is fetched, and then found without a network")
  void offline() {
    List<Path> fetched = datasets(true).files("hf-dataset:glue/sst2", List.of("train"));
    hub.served.clear();

    assertThat(datasets(false).files("hf-dataset:glue/sst2", List.of("train"))).isEqualTo(fetched);
    assertThat(failure(false, "hf-dataset:glue/sst2", VALIDATION))
        .hasMessageContaining(
            "there is no Parquet file of sst2, validation or validation_matched in the cache,"
                + " there is sst2#train")
        .hasMessageContaining("add --allow-download");
    assertThat(hub.served).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "hf-dataset:glue | hf-dataset:glue: the data set has several configurations: mnli, sst2",
        "hf-dataset:glue/cola | hf-dataset:glue: there is no Parquet file of cola, train, there is",
        "hf-dataset:glue/sst2#dev | there is no Parquet file of sst2, dev, there is mnli#train,"
            + " mnli#validation_matched, mnli#validation_mismatched, sst2#test, sst2#train,"
            + " sst2#validation",
        "hf-dataset:org/nothing | hf-dataset:org/nothing: ",
        "hf-dataset: | this is no data set of the hub",
        "hf:glue/sst2 | this is no data set of the hub",
        "hf-dataset:a/b/c/d | a repository is name or organization/name",
      })
  @DisplayName("what is not there is said with what is")
  void failures(String written, String message) {
    assertThat(failure(true, written, List.of("train"))).hasMessageContaining(message);
  }

  private ProblemException failure(boolean allowed, String written, List<String> splits) {
    return catchThrowableOfType(
        ProblemException.class, () -> datasets(allowed).files(written, splits));
  }

  private HubDatasets datasets(boolean allowed) {
    return new HubDatasets(
        new Hub(
            new HubSettings(
                folder.resolve("hub"),
                hub.endpoint(),
                null,
                false,
                allowed,
                Duration.ofMillis(1),
                Duration.ofMinutes(1))));
  }

  /** Files whose content is their name. */
  private void put(String dataset, String... names) {
    Map<String, byte[]> files = new TreeMap<>();
    for (String name : names) {
      files.put(name, name.getBytes(UTF_8));
    }
    hub.datasets.put(dataset, files);
  }
}
