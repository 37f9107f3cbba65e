package dev.espalier.tuner.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.api.run.RunEvent;
import dev.espalier.api.run.RunListener;
import dev.espalier.tuner.result.Status;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A run that ended early goes on as if it had not. */
final class ResumeTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Clock NOON =
      Clock.fixed(Instant.parse("2026-01-02T12:00:00Z"), ZoneOffset.UTC);
  private static final String[] TRIALS = {
    "tuning.strategy.name=exhaustive",
    "tuning.search_space=[{key: pruning.approach.weight_compression.target_sparsity,"
        + " options: [0.2, 0.4]}]",
    "tuning.objective=density"
  };

  @TempDir Path folder;
  private final Fakes fakes = new Fakes();
  private final List<RunEvent> events = new ArrayList<>();

  /**
   * Every moment between two operations on the disk is one at which a process may be killed, and
   * what is on the disk then is all that a resumed run has.
   */
  @Test
  void from_whatever_a_kill_leaves_it_ends_as_the_run_that_was_not_killed() throws IOException {
    fakes.zeroShare = trial -> 0.25 * trial; // the second is better, so the first one's files go
    fakes.accuracy.put("trial-2/model.int8.onnx", 0.89);
    Snapshots snapshots = new Snapshots();
    RunResult whole =
        new Run(
                null,
                Fakes.configuration(folder, TRIALS),
                fakes.services(),
                RunListener.SILENT,
                NOON,
                snapshots)
            .execute();
    JsonNode expected = resultJson(whole.directory());
    List<String> journal = stages(whole.directory());

    assertThat(expected.path("trials")).hasSize(2);
    assertThat(files(whole.directory()))
        .contains("trial-1/measure.json", "trial-2/model.onnx")
        .doesNotContain("trial-1/model.onnx", "trial-1/model.safetensors");
    assertThat(snapshots.made).hasSizeGreaterThan(50);
    int resumed = 0;
    for (Path snapshot : snapshots.made) {
      if (Files.exists(snapshot.resolve("environment.json"))
          && Files.exists(snapshot.resolve("trials.jsonl"))) {
        RunResult result = resume(snapshot);
        assertThat(result.exitCode()).as(snapshot.toString()).isEqualTo(whole.exitCode());
        assertThat(resultJson(snapshot)).as(snapshot.toString()).isEqualTo(expected);
        assertThat(stages(snapshot)).as(snapshot.toString()).isEqualTo(journal);
        assertThat(files(snapshot)).as(snapshot.toString()).isEqualTo(files(whole.directory()));
        resumed++;
      }
    }
    assertThat(resumed).isGreaterThan(snapshots.made.size() / 2);
  }

  @Test
  void a_line_that_was_cut_short_does_not_count() throws IOException {
    RunResult whole = run(TRIALS);
    Path journal = whole.directory().resolve("trials.jsonl");
    List<String> lines = Files.readAllLines(journal);
    Files.writeString(
        journal, String.join("\n", lines.subList(0, 6)) + "\n" + lines.get(6).substring(0, 20));
    fakes.calls.clear();

    resume(whole.directory());

    assertThat(stages(whole.directory())).isEqualTo(lines.stream().map(ResumeTest::stage).toList());
    assertThat(fakes.calls).doesNotContain("train 0");
  }

  @Test
  void a_finished_run_is_only_told_again() throws IOException {
    RunResult whole = run(TRIALS);
    fakes.calls.clear();
    byte[] result = Files.readAllBytes(whole.directory().resolve("result.json"));

    RunResult again = resume(whole.directory());

    assertThat(again.exitCode()).isEqualTo(whole.exitCode());
    assertThat(again.summary()).isEqualTo(whole.summary());
    assertThat(fakes.calls).containsExactly("load model", "load data");
    assertThat(whole.directory().resolve("result.json")).hasBinaryContent(result);
  }

  @Test
  void a_run_that_failed_goes_on_when_the_disk_has_room_again() throws IOException {
    fakes.failsAt = "quantize";
    fakes.failure = ProblemException.of(ProblemKind.ENVIRONMENT, "no room", null);
    RunResult failed = run();
    assertThat(failed.status()).isEqualTo(Status.FAILED);
    fakes.failure = null;
    fakes.calls.clear();

    RunResult result = resume(failed.directory());

    assertThat(result.status()).isEqualTo(Status.MET);
    assertThat(fakes.calls).noneMatch(call -> call.startsWith("train"));
    assertThat(fakes.calls).contains("quantize");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/started | \"yesterday\" | started: must be a time",
        "/started | 17 | started: must be a time",
        "/configuration/files | [] | configuration.files: must name a file",
        "/configuration/files | [\"a\\u0000b\"] | configuration.files: must be paths",
      })
  void a_broken_environment_is_named_with_its_key_and_value(
      String pointer, String value, String message) throws IOException {
    fakes.failure = ProblemException.of(ProblemKind.ENVIRONMENT, "the disk is full", null);
    fakes.failsAt = "export";
    RunResult failed = run();
    fakes.failure = null;
    Path file = failed.directory().resolve("environment.json");
    ObjectNode environment = (ObjectNode) JSON.readTree(file.toFile());
    int slash = pointer.lastIndexOf('/');
    ((ObjectNode) environment.at(pointer.substring(0, slash)))
        .set(pointer.substring(slash + 1), JSON.readTree(value));
    JSON.writeValue(file.toFile(), environment);

    RunResult result = resume(failed.directory());

    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.problems().get(0).toString())
        .startsWith(file + ": " + message)
        .contains("found " + value.replaceAll("[\\[\\]]", ""));
  }

  @Test
  void the_report_names_the_files_that_the_run_began_with() throws IOException {
    RunResult whole = run();
    Files.delete(whole.directory().resolve("result.json"));
    Path journal = whole.directory().resolve("trials.jsonl");
    List<String> lines = Files.readAllLines(journal);
    Files.writeString(journal, String.join("\n", lines.subList(0, lines.size() - 1)) + "\n");
    String card = Files.readString(whole.directory().resolve("best/README.md"));

    resume(whole.directory());

    assertThat(whole.directory().resolve("best/README.md")).hasContent(card);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/weights/sha256 | weights.sha256 was beef and is feed",
        "/data/train/sha256 | data.train.sha256 was beef and is cafe-train",
        "/configuration/values/pruning.train.epochs"
            + " | configuration.values.pruning.train.epochs was beef and is 3.0",
        "/libraries/djl | libraries.djl was beef and is 0.36.0",
        "/seeds/random_seed | seeds.random_seed was beef and is 42"
      })
  void it_does_not_go_on_with_something_else(String pointer, String difference) throws IOException {
    RunResult whole = run();
    Path file = whole.directory().resolve("environment.json");
    JsonNode environment = JSON.readTree(file.toFile());
    int slash = pointer.lastIndexOf('/');
    ((ObjectNode) environment.at(pointer.substring(0, slash)))
        .put(pointer.substring(slash + 1), "beef");
    JSON.writeValue(file.toFile(), environment);

    RunResult refused = resume(whole.directory());

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.problems()).hasSize(1);
    assertThat(refused.problems().get(0).message()).endsWith(difference);
    assertThat(resultJson(whole.directory()).path("status").asText()).isEqualTo("met");
  }

  @ParameterizedTest
  @ValueSource(strings = {"trials.jsonl", "environment.json", "config.resolved.yaml"})
  void what_is_no_run_is_refused(String missing) throws IOException {
    RunResult whole = run();
    Files.delete(whole.directory().resolve(missing));

    assertThatThrownBy(() -> resume(whole.directory()))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("there is no run to go on with here, " + missing + " is missing");
  }

  @ParameterizedTest
  @CsvSource({
    "trials.jsonl, no line of a journal",
    "trial-1/measure.json, not what the stage wrote"
  })
  void what_was_edited_is_named(String file, String message) throws IOException {
    RunResult whole = run();
    Files.writeString(
        whole.directory().resolve(file), "oops\n{}\n", StandardOpenOption.TRUNCATE_EXISTING);

    RunResult refused = resume(whole.directory());

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.problems().get(0).message()).contains(file).contains(message);
  }

  @Test
  void a_directory_that_another_process_works_in_is_refused() throws IOException {
    RunResult whole = run();
    try (RunDirectory held = RunDirectory.open(whole.directory(), new Disk())) {
      assertThatThrownBy(() -> resume(whole.directory()))
          .isInstanceOf(ProblemException.class)
          .hasMessageContaining(
              "another process ("
                  + ProcessHandle.current().pid()
                  + ") works in this run directory");
      assertThat(held.path()).isEqualTo(whole.directory());
    }
    assertThat(resume(whole.directory()).exitCode()).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 6, 9, 14, 20})
  void an_interrupted_run_goes_on(int eventsBefore) throws IOException {
    JsonNode expected = resultJson(run(TRIALS).directory());
    Interruption interruption = new Interruption();
    List<RunEvent> seen = new ArrayList<>();
    RunListener listener =
        interruption.around(
            event -> {
              seen.add(event);
              if (seen.size() == eventsBefore) {
                interruption.request();
              }
            });

    RunResult ended =
        new Run(
                null,
                Fakes.configuration(folder, TRIALS),
                fakes.services(),
                listener,
                NOON,
                new Disk())
            .execute();

    assertThat(ended.exitCode()).isEqualTo(130);
    if (eventsBefore == 1) {
      assertThat(ended.directory()).isNull();
      return;
    }
    assertThat(ended.summary())
        .isEqualTo("Interrupted. Go on with: espalier resume " + ended.directory());
    assertThat(ended.directory().resolve("result.json")).doesNotExist();
    resume(ended.directory());
    assertThat(resultJson(ended.directory())).isEqualTo(expected);
  }

  // ------------------------------------------------------------------ helpers

  private RunResult run(String... assignments) {
    return new Run(
            null,
            Fakes.configuration(folder, assignments),
            fakes.services(),
            events::add,
            NOON,
            new Disk())
        .execute();
  }

  private RunResult resume(Path directory) {
    return Run.resume(directory, fakes.services(), events::add, NOON, new Disk());
  }

  /** The result without what is a time. */
  private static JsonNode resultJson(Path directory) throws IOException {
    JsonNode result = JSON.readTree(directory.resolve("result.json").toFile());
    result.path("stages").forEach(stage -> ((ObjectNode) stage).remove("seconds"));
    return result;
  }

  private static List<String> stages(Path directory) throws IOException {
    return Files.readAllLines(directory.resolve("trials.jsonl")).stream()
        .map(ResumeTest::stage)
        .toList();
  }

  private static String stage(String line) {
    try {
      JsonNode node = JSON.readTree(line);
      return node.path("trial").asInt() + " " + node.path("stage").asText();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Set<String> files(Path directory) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      return new HashSet<>(
          all.filter(Files::isRegularFile).map(f -> directory.relativize(f).toString()).toList());
    }
  }

  /** A disk that keeps a copy of the run directory before and after each operation. */
  private final class Snapshots extends Disk {
    private final List<Path> made = new ArrayList<>();

    @Override
    void append(Path file, byte[] content) throws IOException {
      snapshot(file);
      // A kill may leave half a line.
      byte[] half = java.util.Arrays.copyOf(content, content.length / 2);
      super.append(file, half);
      snapshot(file);
      super.truncate(file, Files.size(file) - half.length);
      super.append(file, content);
      snapshot(file);
    }

    @Override
    void write(Path file, byte[] content) throws IOException {
      super.write(file, content);
      snapshot(file);
    }

    @Override
    void publish(Path from, Path to) throws IOException {
      snapshot(from);
      super.publish(from, to);
      snapshot(to);
    }

    private void snapshot(Path file) throws IOException {
      Path run = file;
      while (!run.getParent().getFileName().toString().equals("tiny")) {
        run = run.getParent();
      }
      Path copy = folder.resolve("snapshots").resolve(Integer.toString(made.size()));
      try (Stream<Path> all = Files.walk(run)) {
        for (Path each : all.toList()) {
          Path to = copy.resolve(run.relativize(each).toString());
          Files.createDirectories(to.getParent());
          Files.copy(each, to);
        }
      }
      made.add(copy);
    }
  }
}
