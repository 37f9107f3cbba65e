package dev.espalier.tuner.run;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.api.run.RunEvent;
import dev.espalier.api.run.RunListener;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.core.files.Sha256;
import dev.espalier.tuner.directory.Disk;
import dev.espalier.tuner.directory.Interruption;
import dev.espalier.tuner.directory.RunDirectory;
import dev.espalier.tuner.fixture.TestPruner;
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
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
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
        assertThat(Files.readString(snapshot.resolve("best/README.md")))
            .isEqualTo(Files.readString(whole.directory().resolve("best/README.md")));
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
    cutAfter(whole.directory(), 6);
    Files.writeString(journal, lines.get(6).substring(0, 20), StandardOpenOption.APPEND);
    fakes.calls.clear();

    resume(whole.directory());

    assertThat(stages(whole.directory())).isEqualTo(lines.stream().map(ResumeTest::stage).toList());
    assertThat(fakes.calls).doesNotContain("train 0");
  }

  @Test
  void a_finished_run_is_only_told_again() throws IOException {
    RunResult whole = run(TRIALS);
    fakes.calls.clear();
    Map<String, String> before = hashes(whole.directory());

    RunResult again = resume(whole.directory());

    assertThat(again.exitCode()).isEqualTo(whole.exitCode());
    assertThat(again.status()).isEqualTo(whole.status());
    assertThat(again.summary()).isEqualTo(whole.summary());
    assertThat(fakes.calls).isEmpty();
    assertThat(hashes(whole.directory())).isEqualTo(before);
  }

  @Test
  void a_finished_run_is_told_again_where_nothing_can_be_written_and_from_another_place()
      throws IOException {
    RunResult whole = run(TRIALS);
    Path moved = Files.move(whole.directory(), folder.resolve("moved"));
    Files.delete(moved.resolve(".lock"));

    RunResult again =
        Run.resume(
            moved,
            fakes.services(),
            RunListener.SILENT,
            NOON,
            new Disk() {
              @Override
              public void write(Path file, byte[] content) throws IOException {
                throw new IOException("read-only: " + file);
              }
            });

    assertThat(again.exitCode()).isEqualTo(whole.exitCode());
    assertThat(again.summary()).endsWith("Everything is in " + moved);
    assertThat(moved.resolve(".lock")).doesNotExist();
  }

  @Test
  void of_data_that_is_not_where_it_was_it_says_that_it_has_to_be_there() throws IOException {
    Path data = Files.writeString(folder.resolve("train.csv"), "text,label\n");
    String[] assignments = {"data.train=" + data, "tuning.baseline.checkpoint=" + data};
    RunResult whole = run(assignments);
    cutAfter(whole.directory(), 2);
    Files.move(data, folder.resolve("moved.csv"));

    assertThatThrownBy(() -> resume(whole.directory()))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e ->
                assertThat(e.problems())
                    .hasSize(2)
                    .allSatisfy(
                        problem ->
                            assertThat(problem.advice())
                                .startsWith("A run keeps the absolute paths that it began with")));
  }

  @Test
  void a_search_that_ended_early_is_told_again_with_its_problem_and_exit_code() throws IOException {
    fakes.failureOf =
        trial ->
            trial == 1 || trial == 0
                ? null
                : ProblemException.of(ProblemKind.TRAINING, "diverged", "lower the rate");
    String[] five = TRIALS.clone();
    five[1] = five[1].replace("[0.2, 0.4]", "[0.2, 0.4, 0.5, 0.6, 0.7]");
    RunResult whole = run(five);
    assertThat(whole.exitCode()).isEqualTo(4);

    RunResult again = resume(whole.directory());

    assertThat(again.exitCode()).isEqualTo(4);
    assertThat(again.problems()).hasSize(1);
    assertThat(again.problems().get(0).message()).isEqualTo(whole.problems().get(0).message());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "best",
        "best/model.onnx",
        "best/README.md",
        "result.json",
        "report.html",
        "summary.txt"
      })
  void what_is_missing_of_the_result_is_made_again_from_the_trial(String missing)
      throws IOException {
    RunResult whole = run(TRIALS);
    Map<String, String> before = hashes(whole.directory());
    delete(whole.directory().resolve(missing));
    fakes.calls.clear();

    RunResult again = resume(whole.directory());

    assertThat(again.exitCode()).isEqualTo(whole.exitCode());
    assertThat(again.summary()).isEqualTo(whole.summary());
    assertThat(fakes.calls).noneMatch(call -> call.startsWith("train"));
    Map<String, String> after = hashes(whole.directory());
    assertThat(after.keySet()).isEqualTo(before.keySet());
    before.keySet().removeAll(Set.of("trials.jsonl", ".lock"));
    before.forEach((file, hash) -> assertThat(after.get(file)).as(file).isEqualTo(hash));
    assertThat(resume(whole.directory()).summary()).isEqualTo(whole.summary());
  }

  @Test
  void a_result_that_cannot_be_made_again_stays_as_it_is() throws IOException {
    RunResult whole = run(TRIALS);
    delete(whole.directory().resolve("best"));
    byte[] result = Files.readAllBytes(whole.directory().resolve("result.json"));
    Disk full =
        new Disk() {
          @Override
          public void publish(Path from, Path to) throws IOException {
            throw new IOException("No space left on device");
          }
        };

    RunResult refused =
        Run.resume(whole.directory(), fakes.services(), RunListener.SILENT, NOON, full);

    assertThat(refused.exitCode()).isEqualTo(4);
    assertThat(whole.directory().resolve("result.json")).hasBinaryContent(result);
  }

  /** Seven of seven altered files once passed unnoticed. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void a_file_that_is_not_the_one_that_a_finished_stage_wrote_is_named(boolean finished)
      throws IOException {
    RunResult whole = run(TRIALS);
    if (!finished) {
      unfinish(whole.directory());
    }
    Set<String> altered = new HashSet<>(journaled(whole.directory()));
    altered.remove("best/README.md"); // its owner may edit it
    assertThat(altered)
        .contains("trial-1/model.onnx", "trial-1/quantize.json", "baseline/model.safetensors")
        .contains("environment.json", "config.resolved.yaml");
    assertThat(altered.contains("best/model.int8.onnx")).isEqualTo(finished);
    for (String name : altered) {
      Path file = whole.directory().resolve(name);
      if (!Files.exists(file)) {
        continue; // of a trial that cannot win
      }
      byte[] content = Files.readAllBytes(file);
      byte[] flipped = content.clone();
      flipped[flipped.length / 2] ^= 4;
      Files.write(file, flipped);
      Map<String, String> before = hashes(whole.directory());

      RunResult refused = resume(whole.directory());

      assertThat(refused.exitCode()).as(name).isEqualTo(2);
      assertThat(refused.problems().get(0).message())
          .contains(file.toString())
          .contains("the file was changed after the run wrote it");
      assertThat(hashes(whole.directory())).as(name).isEqualTo(before);
      Files.write(file, content);
    }
    assertThat(resume(whole.directory()).exitCode()).isZero();
  }

  @Test
  void a_broken_state_of_a_training_stops_the_resume_and_no_trial_is_to_blame() throws IOException {
    RunResult whole = run(TRIALS);
    cutAfter(whole.directory(), 5); // trial 1 is proposed
    Path state = whole.directory().resolve("trial-1/checkpoint/step-6.json");
    fakes.failureOf =
        trial ->
            ProblemException.at(
                ProblemKind.INPUT, Location.ofFile(state.toString()), "damaged", "Remove it.");
    Map<String, String> before = hashes(whole.directory());

    RunResult refused = resume(whole.directory());

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.problems().get(0).message()).isEqualTo(state + ": damaged");
    assertThat(hashes(whole.directory())).isEqualTo(before);
  }

  @Test
  void what_its_owner_put_into_best_survives_a_repair() throws IOException {
    RunResult whole = run(TRIALS);
    Path best = whole.directory().resolve("best");
    Files.writeString(best.resolve("README.md"), "my own words");
    Files.writeString(Files.createDirectories(best.resolve("my/notes")).resolve("a.txt"), "mine");
    Files.delete(whole.directory().resolve("report.html"));
    Files.delete(best.resolve("model.onnx"));

    assertThat(resume(whole.directory()).exitCode()).isZero();

    assertThat(best.resolve("README.md")).hasContent("my own words");
    assertThat(best.resolve("my/notes/a.txt")).hasContent("mine");
    assertThat(best.resolve("model.onnx")).exists();
    assertThat(whole.directory().resolve("report.html")).exists();
    assertThat(resume(whole.directory()).exitCode()).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 4, 5, 7, 9, 13})
  void a_journal_that_lost_lines_is_named_and_nothing_is_trained_over(int kept) throws IOException {
    RunResult whole = run(TRIALS);
    Path journal = whole.directory().resolve("trials.jsonl");
    List<String> lines = Files.readAllLines(journal).subList(0, kept);
    Files.writeString(journal, lines.isEmpty() ? "" : String.join("\n", lines) + "\n");
    Map<String, String> before = hashes(whole.directory());
    fakes.calls.clear();

    RunResult refused = resume(whole.directory());

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.problems().get(0).message()).startsWith(journal + ": lines are missing");
    assertThat(fakes.calls).isEmpty();
    assertThat(hashes(whole.directory())).isEqualTo(before);
  }

  @Test
  void a_run_that_was_moved_needs_its_old_place_no_more() throws IOException {
    RunResult whole = run(TRIALS);
    unfinish(whole.directory());
    Path moved = Files.move(whole.directory(), folder.resolve("moved"));
    delete(folder.resolve("runs"));
    Files.writeString(folder.resolve("runs"), "a file now");

    assertThat(resume(moved).exitCode()).isZero();

    assertThat(folder.resolve("runs")).hasContent("a file now");
  }

  @Test
  void an_edit_in_place_of_best_changes_no_other_file_and_is_named() throws IOException {
    RunResult whole = run(TRIALS);
    Path shipped = whole.directory().resolve("best/model.onnx");
    Map<String, String> before = hashes(whole.directory());

    Files.writeString(shipped, "y", StandardOpenOption.WRITE);

    Map<String, String> after = hashes(whole.directory());
    assertThat(after).isNotEqualTo(before);
    before.put("best/model.onnx", after.get("best/model.onnx"));
    assertThat(after).isEqualTo(before);
    assertThat(resume(whole.directory()).problems().get(0).message())
        .startsWith(shipped + ": the file was changed after the run wrote it");
  }

  /** In runs of earlier versions best/ has the trial's files by another name. */
  @Test
  void hard_links_of_earlier_runs_are_read_and_both_names_are_told() throws IOException {
    RunResult whole = run(TRIALS);
    Path shipped = whole.directory().resolve("best/model.onnx");
    Files.delete(shipped);
    Files.createLink(shipped, whole.directory().resolve("trial-1/model.onnx"));
    assertThat(resume(whole.directory()).exitCode()).isZero();

    Files.writeString(shipped, "y", StandardOpenOption.WRITE);

    RunResult refused = resume(whole.directory());
    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.problems().get(0).message())
        .contains(whole.directory().resolve("trial-1/model.onnx") + ": the file was changed")
        .contains("best/model.onnx is another name of the same file");
  }

  @ParameterizedTest
  @ValueSource(strings = {"best", "report.html", "summary.txt", "result.json"})
  void what_its_owner_put_at_a_place_of_the_result_is_not_replaced(String name) throws IOException {
    RunResult whole = run(TRIALS);
    Path place = whole.directory().resolve(name);
    Path elsewhere = Files.move(place, folder.resolve("elsewhere"));
    Files.createSymbolicLink(place, elsewhere);
    assertThat(resume(whole.directory()).exitCode()).as("followed").isZero();
    Path lost = whole.directory().resolve(name.equals("best") ? "best/model.onnx" : "best");
    delete(lost);
    Map<String, String> before = hashes(whole.directory());

    RunResult refused = resume(whole.directory());

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.problems().get(0).message())
        .startsWith(place + ": it is a symbolic link, where the run has to make a");
    assertThat(place).isSymbolicLink();
    assertThat(hashes(whole.directory())).isEqualTo(before);

    Files.delete(place); // its owner's remedy
    assertThat(resume(whole.directory()).exitCode()).isZero();
    assertThat(elsewhere).exists();
  }

  @Test
  void a_file_that_is_called_best_is_not_replaced() throws IOException {
    RunResult whole = run(TRIALS);
    unfinish(whole.directory());
    Path best = whole.directory().resolve("best");
    delete(best);
    Files.writeString(best, "mine");

    RunResult refused = resume(whole.directory());

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.problems().get(0).message())
        .isEqualTo(best + ": it is a file, where the run has to make a folder");
    assertThat(best).hasContent("mine");
  }

  @Test
  void links_in_best_stay_links_in_a_repair() throws IOException {
    RunResult whole = run(TRIALS);
    Path best = whole.directory().resolve("best");
    Path moved = Files.move(best.resolve("model.safetensors"), folder.resolve("moved"));
    Files.createSymbolicLink(best.resolve("model.safetensors"), moved);
    Files.createSymbolicLink(best.resolve("notes"), Files.createDirectory(folder.resolve("my")));
    Files.delete(best.resolve("model.onnx"));

    assertThat(resume(whole.directory()).exitCode()).isZero();

    assertThat(best.resolve("model.safetensors")).isSymbolicLink();
    assertThat(best.resolve("notes")).isSymbolicLink();
    assertThat(best.resolve("model.onnx")).isRegularFile();
  }

  /** One line without hashes among others once passed, with whatever its files had become. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 9, 15})
  void a_line_that_lost_its_hashes_is_refused(int lineNumber) throws IOException {
    RunResult whole = run(TRIALS);
    Path journal = edited(whole.directory(), lineNumber, line -> line.remove("sha256"));
    Map<String, String> before = hashes(whole.directory());

    RunResult refused = resume(whole.directory());

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.problems().get(0).message())
        .startsWith(journal + ":" + Math.max(2, lineNumber) + ": the line has ");
    assertThat(hashes(whole.directory())).isEqualTo(before);
  }

  @Test
  void a_line_that_lost_one_of_its_hashes_is_refused() throws IOException {
    RunResult whole = run(TRIALS);
    Path journal =
        edited(
            whole.directory(),
            3,
            line -> ((ObjectNode) line.path("sha256")).remove("baseline/model.onnx"));

    RunResult refused = resume(whole.directory());

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.problems().get(0).message())
        .isEqualTo(journal + ":3: sha256 has no hash of baseline/model.onnx");
  }

  private static Path edited(Path directory, int lineNumber, Consumer<ObjectNode> change)
      throws IOException {
    Path journal = directory.resolve("trials.jsonl");
    List<String> lines = new ArrayList<>(Files.readAllLines(journal));
    ObjectNode line = (ObjectNode) JSON.readTree(lines.get(lineNumber - 1));
    change.accept(line);
    lines.set(lineNumber - 1, line.toString());
    Files.writeString(journal, String.join("\n", lines) + "\n");
    return journal;
  }

  @ParameterizedTest
  @ValueSource(strings = {"trials.jsonl", "environment.json", "config.resolved.yaml", ".lock"})
  void a_folder_in_place_of_a_file_is_called_one(String name) throws IOException {
    RunResult whole = run(TRIALS);
    unfinish(whole.directory());
    Path file = whole.directory().resolve(name);
    Files.delete(file);
    Files.createDirectory(file);

    assertThatThrownBy(() -> resume(whole.directory()))
        .isInstanceOfSatisfying(ProblemException.class, e -> assertThat(e.exitCode()).isEqualTo(2))
        .hasMessageContaining(name + " is a folder, not a file");
  }

  @Test
  void a_folder_in_place_of_what_a_stage_wrote_is_called_one() throws IOException {
    RunResult whole = run(TRIALS);
    Path file = whole.directory().resolve("best/model.onnx");
    Files.delete(file);
    Files.createDirectory(file);

    RunResult refused = resume(whole.directory());

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.problems().get(0).message())
        .isEqualTo(file + ": this is a folder, and the run wrote a file");
  }

  @Test
  void an_edited_model_card_is_no_damage() throws IOException {
    RunResult whole = run(TRIALS);
    Path card = whole.directory().resolve("best/README.md");
    Files.writeString(card, "my own words");

    assertThat(resume(whole.directory()).exitCode()).isZero();
    assertThat(card).hasContent("my own words");
    assertThat(events).contains(new RunEvent.Note("best/README.md was edited after the run."));
  }

  @Test
  void a_missing_file_that_the_next_stage_needs_is_named_and_nothing_is_lost() throws IOException {
    RunResult whole = run();
    Path journal = whole.directory().resolve("trials.jsonl");
    List<String> lines = Files.readAllLines(journal);
    int measured = lines.size() - 2; // the trial's measure, before the verdict
    assertThat(stage(lines.get(measured))).isEqualTo("1 measure");
    cutAfter(whole.directory(), measured);
    Path model = whole.directory().resolve("trial-1/model.onnx");
    Files.delete(model);
    Map<String, String> before = hashes(whole.directory());

    RunResult refused = resume(whole.directory());

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.problems().get(0).message())
        .isEqualTo(model + ": the file is missing; a finished stage wrote it");
    assertThat(hashes(whole.directory())).isEqualTo(before);
  }

  /** Runs that earlier versions began: no hashes, and a key too many for each operator. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void what_was_written_before_can_be_read(int linesLost) throws IOException {
    RunResult whole = run(TRIALS);
    JsonNode expected = resultJson(whole.directory());
    asWrittenBefore(whole.directory(), 0);
    if (linesLost > 0) {
      cutAfter(whole.directory(), journalLength(whole.directory()) - linesLost);
    }
    Map<String, String> before = hashes(whole.directory());

    RunResult again = resume(whole.directory());

    assertThat(again.exitCode()).isEqualTo(whole.exitCode());
    assertThat(journaled(whole.directory())).as("all lines have hashes, or none").isEmpty();
    if (linesLost == 0) {
      assertThat(again.summary()).contains("riterion").endsWith(whole.directory().toString());
      assertThat(hashes(whole.directory())).isEqualTo(before);
    } else {
      assertThat(resultJson(whole.directory()).path("best")).isEqualTo(expected.path("best"));
      assertThat(resultJson(whole.directory()).path("trials")).isEqualTo(expected.path("trials"));
    }
  }

  /** The numbers are lines of the journal of a whole search, from 1. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1 2 3 4 2 | stage fine_tune of trial 0 is finished twice",
        "1 3 | stage export of trial 0 is out of order",
        "2 | stage fine_tune of trial 0 is out of order",
        "1 2 3 5 | stage propose of trial 1 comes after trial 0, which has not ended or is another one",
        "1 2 3 4 10 | stage propose of trial 2 comes after trial 0, which has not ended or is another one",
        "1 2 3 4 5 7 | stage export of trial 1 is out of order",
        "1 2 3 4 5 6 7 9 8 | stage quantize of trial 1 is out of order",
        "1 2 3 4 5 6 7 9 6 | stage fine_prune of trial 1 is finished twice",
        "1 2 3 4 6 5 | stage propose of trial 1 is out of order",
        "1 2 3 4 5 6 15 | stage verdict of trial 1 comes before the trial has ended",
        "1 2 3 4 5 6 7 8 9 15 10 | stage propose of trial 2 comes after the verdict",
        "1 2 3 4 5 6 7 8 9 15 15 | stage verdict of trial 1 comes after the verdict",
      })
  void an_impossible_journal_is_refused(String order, String message) throws IOException {
    RunResult whole = run(TRIALS);
    Path journal = whole.directory().resolve("trials.jsonl");
    List<String> lines = Files.readAllLines(journal);
    assertThat(lines).hasSize(15);
    List<String> edited =
        Stream.of(order.split(" ", -1)).map(n -> lines.get(Integer.parseInt(n) - 1)).toList();
    Files.writeString(journal, String.join("\n", edited) + "\n");
    Map<String, String> before = hashes(whole.directory());

    RunResult refused = resume(whole.directory());

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.problems().get(0).message())
        .isEqualTo(journal + ":" + edited.size() + ": " + message);
    assertThat(hashes(whole.directory())).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"trial\":7,\"stage\":\"export\",\"seconds\":1}",
        "{\"trial\":-1,\"stage\":\"export\",\"seconds\":1}",
        "{\"trial\":1,\"stage\":\"dance\",\"seconds\":1}",
        "{\"trial\":1,\"stage\":\"propose\",\"seconds\":-1}",
        "{\"trial\":1,\"trial\":1,\"stage\":\"propose\",\"seconds\":1}",
        "{\"trial\":1,\"stage\":\"propose\",\"seconds\":1} {}",
        "{\"trial\":1,\"stage\":\"propose\",\"seconds\":1,\"sha256\":{\"../x\":\"00\"}}",
        "{\"trial\":1,\"stage\":\"propose\",\"seconds\":1,\"sha256\":{\"x\":\"00\"}}",
        "",
        "null",
      })
  void a_line_that_no_run_writes_is_refused(String line) throws IOException {
    RunResult whole = run(TRIALS);
    Path journal = whole.directory().resolve("trials.jsonl");
    List<String> lines = Files.readAllLines(journal).subList(0, 4);
    Files.writeString(journal, String.join("\n", lines) + "\n" + line + "\n");

    RunResult refused = resume(whole.directory());

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.problems().get(0).message()).startsWith(journal + ":5: ");
  }

  @Test
  void a_lock_that_is_a_symbolic_link_is_not_followed() throws IOException {
    RunResult whole = run(TRIALS);
    unfinish(whole.directory());
    Path precious = Files.writeString(folder.resolve("precious"), "keep me");
    Path lock = whole.directory().resolve(".lock");
    Files.delete(lock);
    Files.createSymbolicLink(lock, precious);

    assertThatThrownBy(() -> resume(whole.directory()))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining(lock + " is a symbolic link");
    assertThat(precious).hasContent("keep me");
  }

  @Test
  void a_smoke_run_is_resumed_as_one() throws IOException {
    fakes.failsAt = "quantize";
    fakes.failure = ProblemException.of(ProblemKind.ENVIRONMENT, "no room", null);
    ResolvedConfiguration full = Fakes.configuration(folder);
    RunResult failed =
        new Run(
                null,
                Fakes.configuration(folder, SmokeRun.assignments(full).toArray(String[]::new)),
                SmokeRun.services(fakes.services()),
                RunListener.SILENT,
                new Interruption(),
                new Invocation(
                    List.of("./espalier", "run", "my file.yaml", "--smoke"),
                    Invocation.Mode.SMOKE,
                    null),
                NOON,
                new Disk())
            .execute();
    assertThat(failed.status()).isEqualTo(Status.FAILED);
    fakes.failure = null;

    RunResult resumed = resume(failed.directory());

    assertThat(resumed.status()).isEqualTo(Status.MET);
    assertThat(resumed.summary()).startsWith("Smoke run: ");
    JsonNode result = resultJson(failed.directory());
    assertThat(result.path("mode").asText()).isEqualTo("smoke");
    assertThat(result.path("command"))
        .hasToString("[\"./espalier\",\"run\",\"my file.yaml\",\"--smoke\"]");
    assertThat(Files.readString(failed.directory().resolve("best/README.md")))
        .contains("\nSmoke run: ")
        .contains("./espalier run 'my file.yaml' --smoke");
    assertThat(Files.readString(failed.directory().resolve("report.html"))).contains("Smoke run: ");
  }

  @Test
  void a_resume_without_the_plugins_says_so() throws IOException {
    RunResult whole =
        new Run(
                null,
                Fakes.configuration(folder),
                fakes.services(),
                RunListener.SILENT,
                new Interruption(),
                new Invocation(List.of(), Invocation.Mode.FULL, "my plugins"),
                NOON,
                new Disk())
            .execute();
    unfinish(whole.directory());
    fakes.pruners = List.of(TestPruner.ranking("magnitude"));

    assertThatThrownBy(() -> resume(whole.directory()))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("the run began with plugins from my plugins")
        .hasMessageContaining("Resume with --plugins 'my plugins'");
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
    asWrittenBefore(failed.directory(), 0); // else its hash says it first
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
    asWrittenBefore(whole.directory(), 1); // else the hash of environment.json says it first
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

  /** Another epsilon, other class names or other tokens make another model of the same weights. */
  @ParameterizedTest
  @ValueSource(ints = {3, Integer.MAX_VALUE})
  void it_does_not_go_on_with_other_files_beside_the_weights(int stages) throws IOException {
    fakes.companions.put("config.json", "{\"layer_norm_eps\": 1e-12}".getBytes(UTF_8));
    RunResult whole = run();
    if (stages < Integer.MAX_VALUE) {
      cutAfter(whole.directory(), stages);
    } else {
      delete(whole.directory().resolve("best"));
    }
    fakes.companions.put("config.json", "{\"layer_norm_eps\": 0.5}".getBytes(UTF_8));

    RunResult refused = resume(whole.directory());

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.problems()).hasSize(1);
    assertThat(refused.problems().get(0).message()).contains("weights.files.config.json was ");
    assertThat(whole.directory().resolve("best")).doesNotExist();
  }

  @Test
  void a_run_that_kept_no_hashes_of_the_files_beside_the_weights_is_resumed() throws IOException {
    RunResult whole = run();
    asWrittenBefore(whole.directory(), 1);
    Path file = whole.directory().resolve("environment.json");
    ObjectNode environment = (ObjectNode) JSON.readTree(file.toFile());
    ((ObjectNode) environment.path("weights")).remove("files");
    JSON.writeValue(file.toFile(), environment);
    delete(whole.directory().resolve("best"));

    assertThat(resume(whole.directory()).exitCode()).isZero();
    assertThat(whole.directory().resolve("best/README.md")).exists();
  }

  @ParameterizedTest
  @ValueSource(strings = {"trials.jsonl", "environment.json", "config.resolved.yaml"})
  void what_is_no_run_is_refused(String missing) throws IOException {
    RunResult whole = run();
    Files.delete(whole.directory().resolve(missing));

    assertThatThrownBy(() -> resume(whole.directory()))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("no run to resume, " + missing + " is missing");
  }

  @ParameterizedTest
  @CsvSource({
    "trials.jsonl, no line of a journal",
    "trial-1/measure.json, not what the stage wrote",
    "trial-1/quantize.json, not what the stage wrote"
  })
  void what_was_edited_is_named_and_no_trial_is_to_blame(String file, String message)
      throws IOException {
    RunResult whole = run(TRIALS);
    asWrittenBefore(whole.directory(), 1); // without hashes, which would tell first
    Files.writeString(
        whole.directory().resolve(file), "{}\n{}\n", StandardOpenOption.TRUNCATE_EXISTING);
    Map<String, String> before = hashes(whole.directory());

    RunResult refused = resume(whole.directory());

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.problems().get(0).message()).contains(file).contains(message);
    assertThat(hashes(whole.directory())).isEqualTo(before);
  }

  @Test
  void a_directory_that_another_process_works_in_is_refused() throws IOException {
    RunResult whole = run();
    unfinish(whole.directory());
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
        event -> {
          seen.add(event);
          if (seen.size() == eventsBefore) {
            interruption.request();
          }
        };

    RunResult ended = interruptible(interruption, listener).execute();

    assertThat(ended.exitCode()).isEqualTo(130);
    if (eventsBefore == 1) {
      assertThat(ended.directory()).isNull();
      return;
    }
    assertThat(ended.summary())
        .isEqualTo("Interrupted. Resume with: espalier resume " + ended.directory());
    assertThat(ended.directory().resolve("result.json")).doesNotExist();
    resume(ended.directory());
    assertThat(resultJson(ended.directory())).isEqualTo(expected);
  }

  @Test
  void a_training_that_is_stopped_is_no_failed_trial() throws IOException {
    JsonNode expected = resultJson(run(TRIALS).directory());
    Interruption interruption = new Interruption();
    fakes.duringTraining =
        trial -> {
          if (trial == 2) {
            interruption.request();
          }
        };

    RunResult ended = interruptible(interruption, events::add).execute();

    assertThat(ended.exitCode()).isEqualTo(130);
    assertThat(ended.directory().resolve("result.json")).doesNotExist();
    assertThat(Files.readString(ended.directory().resolve("trials.jsonl")))
        .doesNotContain("\"failed\"");
    assertThat(events.get(events.size() - 1))
        .isInstanceOfSatisfying(
            RunEvent.RunEnded.class,
            end -> assertThat(end.outcome()).isEqualTo(RunEvent.Outcome.STOPPED));
    fakes.duringTraining = trial -> {};
    resume(ended.directory());
    assertThat(resultJson(ended.directory())).isEqualTo(expected);
  }

  @Test
  void a_run_that_is_stopped_once_its_verdict_is_written_has_its_result() throws IOException {
    Interruption interruption = new Interruption();
    RunListener listener =
        event -> {
          if (event instanceof RunEvent.StageFinished done && done.stage().equals("verdict")) {
            interruption.request();
          }
        };

    RunResult ended = interruptible(interruption, listener).execute();

    assertThat(ended.exitCode()).isZero();
    assertThat(ended.summary()).isEqualTo(resume(ended.directory()).summary());
  }

  private Run interruptible(Interruption interruption, RunListener listener) {
    return new Run(
        null,
        Fakes.configuration(folder, TRIALS),
        fakes.services(),
        listener,
        interruption,
        Invocation.BY_PROGRAM,
        NOON,
        new Disk());
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

  /** Leaves what a run has that was killed after its first lines of the journal. */
  private static void cutAfter(Path directory, int lines) throws IOException {
    Path journal = directory.resolve("trials.jsonl");
    List<String> all = Files.readAllLines(journal);
    Files.writeString(journal, String.join("\n", all.subList(0, lines)) + "\n");
    if (lines < all.size() - 1) {
      for (String made : List.of("best", "report.html", "summary.txt", "result.json")) {
        if (Files.exists(directory.resolve(made))) {
          delete(directory.resolve(made));
        }
      }
    }
    for (String line : all.subList(lines, all.size())) {
      JsonNode node = JSON.readTree(line);
      int trial = node.path("trial").asInt();
      String folder = trial == 0 ? "baseline" : "trial-" + trial;
      Files.deleteIfExists(directory.resolve(folder + "/" + node.path("stage").asText() + ".json"));
    }
  }

  /** Takes the last line of the journal away, so that the run is not finished. */
  private static void unfinish(Path directory) throws IOException {
    Path journal = directory.resolve("trials.jsonl");
    List<String> lines = Files.readAllLines(journal);
    Files.writeString(journal, String.join("\n", lines.subList(0, lines.size() - 1)) + "\n");
  }

  /** Makes a run what version 0.1.0 before its hashes wrote, without its last lines. */
  private static void asWrittenBefore(Path directory, int linesLost) throws IOException {
    Path journal = directory.resolve("trials.jsonl");
    List<String> lines = new ArrayList<>();
    for (String line : Files.readAllLines(journal)) {
      ObjectNode node = (ObjectNode) JSON.readTree(line);
      node.remove("sha256");
      lines.add(node.toString());
    }
    Files.writeString(
        journal, String.join("\n", lines.subList(0, lines.size() - linesLost)) + "\n");
    Files.deleteIfExists(directory.resolve("summary.txt"));
    ObjectNode result = (ObjectNode) JSON.readTree(directory.resolve("result.json").toFile());
    result.remove(List.of("exit_code", "mode", "command", "version"));
    JSON.writeValue(directory.resolve("result.json").toFile(), result);
    ObjectNode environment =
        (ObjectNode) JSON.readTree(directory.resolve("environment.json").toFile());
    environment.remove(List.of("mode", "command", "plugins"));
    // A key that is newer than the run.
    ((ObjectNode) environment.at("/configuration/values")).remove("tuning.baseline.allow_trivial");
    JSON.writeValue(directory.resolve("environment.json").toFile(), environment);
    Path configuration = directory.resolve("config.resolved.yaml");
    Files.write(
        configuration,
        Files.readAllLines(configuration).stream()
            .filter(line -> !line.contains("allow_trivial"))
            .toList());
    try (Stream<Path> trials = Files.list(directory)) {
      for (Path file : trials.map(each -> each.resolve("quantize.json")).toList()) {
        if (Files.exists(file)) {
          JsonNode quantized = JSON.readTree(file.toFile());
          assertThat(quantized.at("/model/operators")).isNotEmpty();
          quantized
              .at("/model/operators")
              .forEach(
                  operator ->
                      ((ObjectNode) operator)
                          .put(
                              "quantized", !operator.path("precision").asText().equals("float32")));
          JSON.writeValue(file.toFile(), quantized);
        }
      }
    }
  }

  private static int journalLength(Path directory) throws IOException {
    return Files.readAllLines(directory.resolve("trials.jsonl")).size();
  }

  /** Every file that the journal has a hash of. */
  private static Set<String> journaled(Path directory) throws IOException {
    Set<String> names = new HashSet<>();
    for (String line : Files.readAllLines(directory.resolve("trials.jsonl"))) {
      JSON.readTree(line).path("sha256").fieldNames().forEachRemaining(names::add);
    }
    return names;
  }

  /** The hash of every file, by its name in the directory. */
  private static Map<String, String> hashes(Path directory) throws IOException {
    Map<String, String> hashes = new HashMap<>();
    for (String file : files(directory)) {
      hashes.put(file, Sha256.of(directory.resolve(file)));
    }
    return hashes;
  }

  private static void delete(Path path) throws IOException {
    try (Stream<Path> all = Files.walk(path)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
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
    public void append(Path file, byte[] content) throws IOException {
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
    public void write(Path file, byte[] content) throws IOException {
      super.write(file, content);
      snapshot(file);
    }

    @Override
    public void publish(Path from, Path to) throws IOException {
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
