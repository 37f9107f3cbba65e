package dev.espalier.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.espalier.api.data.EncodedExample;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.tasks.TaskLoader.DataFile;
import dev.espalier.tasks.squad.QuestionSettings;
import dev.espalier.tasks.table.GenericTable;
import dev.espalier.tasks.text.Part;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TaskLoaderTest {
  private static final byte[] TOKENIZER = MiniLm.tokenizerJson();

  @TempDir Path folder;

  @Test
  void loadsSst2() throws IOException {
    Path train = file("train.tsv", "sentence\tlabel\na fine film\t1\na fine film\t1\ndull\t0\n");
    Path evaluation = file("dev.tsv", "label\tcontent\n0\ta fine film\n1\tfresh\n");

    TaskLoader.Loaded loaded = load(request("sst-2", train, evaluation));

    EncodedSet set = loaded.train();
    assertThat(set.name()).isEqualTo("train");
    assertThat(set.source()).isEqualTo(train.toString());
    assertThat(set.sha256()).hasSize(64).isNotEqualTo(loaded.evaluation().sha256());
    assertThat(set.labels()).containsExactly("negative", "positive");
    assertThat(set.examples()).extracting(EncodedExample::label).containsExactly(1, 1, 0);
    assertThat(set.examples()).extracting(EncodedExample::length).containsExactly(5, 5, 3);

    assertThat(loaded.evaluation().name()).isEqualTo("evaluation");
    assertThat(loaded.evaluation().source()).isEqualTo(evaluation.toString());
    assertThat(loaded.evaluation().examples())
        .extracting(EncodedExample::label)
        .containsExactly(0, 1);
    assertThat(loaded.sharedExamples()).as("a fine film, once").isEqualTo(1);
  }

  @Test
  void loadsTheSentimentTwin() {
    TaskLoader.Loaded loaded = load(twin(300, 100, 5));

    assertThat(loaded.train().size()).isEqualTo(300);
    assertThat(loaded.evaluation().size()).isEqualTo(100);
    assertThat(loaded.train().labels()).containsExactly("negative", "positive");
    assertThat(loaded.train().source()).isEqualTo("sentiment-twin, train, 300 sentences, seed 5");
    assertThat(loaded.sharedExamples()).isZero();
    assertThat(load(twin(300, 100, 5)).train().sha256()).isEqualTo(loaded.train().sha256());
    assertThat(load(twin(300, 100, 6)).train().sha256()).isNotEqualTo(loaded.train().sha256());
  }

  @ParameterizedTest
  @CsvSource({
    "sst2,            'Maybe \"sst-2\" is meant.'",
    "SST-2,           'Maybe \"sst-2\" is meant.'",
    "sentimenttwin,   'Maybe \"sentiment-twin\" is meant.'",
    "setniment-twin,  'Maybe \"sentiment-twin\" is meant.'",
  })
  void listsTheTasksWhenThereIsNone(String name, String advice) {
    ProblemException e = failure(request(name, null, null));

    assertThat(e.problems().get(0).kind()).isEqualTo(ProblemKind.CONFIGURATION);
    assertThat(e.problems().get(0).message())
        .isEqualTo(
            "there is no task \"" + name + "\", there is " + String.join(", ", TaskLoader.names()));
    assertThat(e.problems().get(0).advice()).isEqualTo(advice);
  }

  @Test
  void needsBothFilesForATaskInFiles() throws IOException {
    Path some = file("some.tsv", "label\tsentence\n1\tgood\n");

    assertThat(failure(request("sst-2", null, some)))
        .hasMessageContaining("data.train: is missing; task sst-2 reads files");
    assertThat(failure(request("sst-2", some, null)))
        .hasMessageContaining("data.evaluation: is missing; task sst-2 reads files");
  }

  @Test
  void refusesFilesForATwin() {
    ProblemException e = failure(request("sentiment-twin", Path.of("some.tsv"), null));

    assertThat(e.problems().get(0).kind()).isEqualTo(ProblemKind.CONFIGURATION);
    assertThat(e).hasMessageContaining("is generated and reads no files");
  }

  @Test
  @DisplayName("MNLI is judged on one set and measured on two; other tasks have no second one")
  void mismatched() throws IOException {
    String rows = "sentence1\tsentence2\tgold_label\nA\tB\tneutral\n";
    Path train = file("train.tsv", rows);
    Path matched = file("matched.tsv", rows + "C\tD\tentailment\n");
    Path mismatched = file("mismatched.tsv", rows + "E\tF\tneutral\n");

    TaskLoader.Loaded loaded = load(full("mnli", train, matched, mismatched, Part.ALL, null));

    assertThat(loaded.evaluations())
        .extracting(TaskLoader.Evaluation::suffix)
        .containsExactly("", "_mismatched");
    assertThat(loaded.evaluations().get(1).set().name()).isEqualTo("evaluation_mismatched");
    assertThat(loaded.evaluation().size()).isEqualTo(2);
    assertThat(failure(full("rte", train, matched, mismatched, Part.ALL, null)))
        .hasMessageContaining("data.evaluation_mismatched: is for the task mnli, not for rte");
  }

  @Test
  @DisplayName("columns go with files of one's own, parts with files")
  void keysThatDoNotGoWithTheTask() throws IOException {
    Path csv = file("some.csv", "t,k\na,x\nb,y\nc,x\n");
    GenericTable.Columns columns = new GenericTable.Columns("t", null, "k", null);

    Path dev = file("dev.csv", "t,k\nd,x\n");

    TaskLoader.Loaded loaded = load(full("csv", csv, dev, null, Part.of("2-3"), columns));
    assertThat(loaded.train().labels()).containsExactly("x", "y");
    assertThat(loaded.train().examples()).extracting(EncodedExample::label).containsExactly(1, 0);
    assertThat(loaded.train().source()).isEqualTo(csv + ", rows 2-3");
    assertThat(failure(full("sst-2", csv, dev, null, Part.ALL, columns)))
        .hasMessageContaining("data.columns: is for the tasks csv, tsv, jsonl");
  }

  private static TaskLoader.Request full(
      String task,
      @Nullable Path train,
      @Nullable Path evaluation,
      @Nullable Path mismatched,
      Part trainPart,
      GenericTable.@Nullable Columns columns) {
    return new TaskLoader.Request(
        task,
        train == null ? null : new DataFile(List.of(train), trainPart),
        null,
        evaluation == null ? null : DataFile.of(evaluation),
        mismatched == null ? null : DataFile.of(mismatched),
        columns,
        List.of(),
        0,
        0,
        128,
        QuestionSettings.DEFAULT,
        0);
  }

  @Test
  void namesTheFileThatIsBroken() throws IOException {
    Path good = file("good.tsv", "label\tsentence\n1\tgood\n");
    Path bad = file("bad.tsv", "label\tsentence\n1\tgood\n7\tbad\n");

    for (TaskLoader.Request request :
        List.of(request("sst-2", good, bad), request("sst-2", bad, good))) {
      assertThat(failure(request).problems().get(0).location())
          .isEqualTo(Location.ofLine(bad.toString(), 3));
    }
  }

  @Test
  void loadsTheRealSst2() {
    Path sst2 = Path.of("..", "..", "shared", "data", "sst2");
    assumeTrue(Files.isDirectory(sst2), () -> sst2 + " is not there");

    TaskLoader.Loaded loaded =
        load(
            new TaskLoader.Request(
                "sst-2", sst2.resolve("train.tsv"), sst2.resolve("dev.tsv"), 0, 0, 64, 0));

    assertThat(loaded.train().size()).isEqualTo(67_349);
    assertThat(loaded.evaluation().size()).isEqualTo(872);
    assertThat(loaded.train().examples()).allMatch(e -> e.length() >= 3 && e.length() <= 64);
    assertThat(loaded.sharedExamples()).isBetween(0, 20);
  }

  private static TaskLoader.Loaded load(TaskLoader.Request request) {
    return TaskLoader.load(request, TOKENIZER);
  }

  private static ProblemException failure(TaskLoader.Request request) {
    return catchThrowableOfType(ProblemException.class, () -> load(request));
  }

  private static TaskLoader.Request request(
      String task, @Nullable Path train, @Nullable Path evaluation) {
    return new TaskLoader.Request(task, train, evaluation, 0, 0, 128, 0);
  }

  private static TaskLoader.Request twin(int train, int evaluation, long seed) {
    return new TaskLoader.Request("sentiment-twin", null, null, train, evaluation, 128, seed);
  }

  private Path file(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }
}
