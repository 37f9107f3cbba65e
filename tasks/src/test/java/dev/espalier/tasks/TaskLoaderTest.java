package dev.espalier.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.espalier.api.data.EncodedExample;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.data.Head;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.core.data.EvaluationSet;
import dev.espalier.core.data.TaskSource.Columns;
import dev.espalier.core.data.TaskSource.DataFile;
import dev.espalier.core.data.TaskSource.Questions;
import dev.espalier.core.data.TaskSource.Request;
import dev.espalier.core.data.TaskSource.TaskData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.InstanceOfAssertFactories;
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

    TaskData loaded = load(request("sst-2", train, evaluation));

    EncodedSet set = loaded.train();
    assertThat(set.name()).isEqualTo("train");
    assertThat(set.source()).isEqualTo(train.toString());
    assertThat(set.sha256()).hasSize(64).isNotEqualTo(loaded.evaluations().get(0).set().sha256());
    assertThat(set.labels()).containsExactly("negative", "positive");
    assertThat(set.examples()).extracting(EncodedExample::label).containsExactly(1, 1, 0);
    assertThat(set.examples()).extracting(EncodedExample::length).containsExactly(5, 5, 3);

    assertThat(loaded.evaluations().get(0).set().name()).isEqualTo("evaluation");
    assertThat(loaded.evaluations().get(0).set().source()).isEqualTo(evaluation.toString());
    assertThat(loaded.evaluations().get(0).set().examples())
        .extracting(EncodedExample::label)
        .containsExactly(0, 1);
    assertThat(loaded.notes())
        .as("a fine film, once")
        .singleElement(InstanceOfAssertFactories.STRING)
        .startsWith("1 of 2 examples of data.evaluation are examples of data.train");
  }

  @Test
  void loadsTheSentimentTwin() {
    TaskData loaded = load(twin(300, 100, 5));

    assertThat(loaded.train().size()).isEqualTo(300);
    assertThat(loaded.evaluations().get(0).set().size()).isEqualTo(100);
    assertThat(loaded.train().labels()).containsExactly("negative", "positive");
    assertThat(loaded.train().source()).isEqualTo("sentiment-twin, train, 300 sentences, seed 5");
    assertThat(Shared.examples(loaded)).isZero();
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
            "there is no task \""
                + name
                + "\", there is "
                + String.join(", ", new TaskLoader().names()));
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

    TaskData loaded = load(full("mnli", train, matched, mismatched, null, Columns.NONE));

    assertThat(loaded.evaluations())
        .extracting(EvaluationSet::suffix)
        .containsExactly("", "_mismatched");
    assertThat(loaded.evaluations().get(1).set().name()).isEqualTo("evaluation_mismatched");
    assertThat(loaded.evaluations().get(0).set().size()).isEqualTo(2);
    assertThat(failure(full("rte", train, matched, mismatched, null, Columns.NONE)))
        .hasMessageContaining("data.evaluation_mismatched: is for the task mnli, not for rte");
  }

  @Test
  @DisplayName("columns go with files of one's own, parts with files")
  void keysThatDoNotGoWithTheTask() throws IOException {
    Path csv = file("some.csv", "t,k\na,x\nb,y\nc,x\n");
    Columns columns = new Columns("t", null, "k", null);

    Path dev = file("dev.csv", "t,k\nd,x\n");

    TaskData loaded = load(full("csv", csv, dev, null, "2-3", columns));
    assertThat(loaded.train().labels()).containsExactly("x", "y");
    assertThat(loaded.train().examples()).extracting(EncodedExample::label).containsExactly(1, 0);
    assertThat(loaded.train().source()).isEqualTo(csv + ", rows 2-3");
    assertThat(failure(full("sst-2", csv, dev, null, null, columns)))
        .hasMessageContaining("data.columns: is for the tasks csv, tsv, jsonl");
  }

  @ParameterizedTest(name = "{0} of a {1}")
  @CsvSource({
    "csv, class",
    "csv, number",
    "tsv, class",
    "tsv, number",
    "jsonl, class",
    "jsonl, number",
  })
  @DisplayName("own files of classes and of numbers, in each format, with one text and with two")
  void ownFiles(String format, String predicted) throws IOException {
    boolean number = predicted.equals("number");
    for (String pair : new String[] {null, "u"}) {
      Columns columns = new Columns("t", pair, number ? null : "k", number ? "k" : null);
      Path train = own(format, "train", List.of("a", "b", "c"), number);
      Path dev = own(format, "dev", List.of("d", "e"), number);

      TaskData loaded = load(full(format, train, dev, null, null, columns));

      assertThat(loaded.train().size()).isEqualTo(3);
      assertThat(loaded.train().head())
          .isEqualTo(number ? new Head.Regression() : new Head.Classification(List.of("x", "y")));
      assertThat(loaded.train().examples().get(0).length()).isEqualTo(pair == null ? 3 : 5);
    }
  }

  private Path own(String format, String name, List<String> texts, boolean number)
      throws IOException {
    StringBuilder content = new StringBuilder();
    String separator = format.equals("tsv") ? "\t" : ",";
    if (!format.equals("jsonl")) {
      content.append(String.join(separator, "t", "u", "k")).append('\n');
    }
    for (int i = 0; i < texts.size(); i++) {
      String label = number ? "" + (i + 0.5) : i % 2 == 0 ? "x" : "y";
      content
          .append(
              format.equals("jsonl")
                  ? "{\"t\": \"%s\", \"u\": \"f\", \"k\": %s}"
                      .formatted(texts.get(i), number ? label : "\"" + label + "\"")
                  : String.join(separator, texts.get(i), "f", label))
          .append('\n');
    }
    return file(name + "." + format, content.toString());
  }

  private static Request full(
      String task,
      @Nullable Path train,
      @Nullable Path evaluation,
      @Nullable Path mismatched,
      @Nullable String trainPart,
      Columns columns) {
    return new Request(
        task,
        train == null ? null : new DataFile(train.toString(), trainPart),
        null,
        evaluation == null ? null : new DataFile(evaluation.toString(), null),
        mismatched == null ? null : new DataFile(mismatched.toString(), null),
        columns,
        List.of(),
        0,
        0,
        128,
        Questions.DEFAULT,
        0);
  }

  @Test
  void namesTheFileThatIsBroken() throws IOException {
    Path good = file("good.tsv", "label\tsentence\n1\tgood\n");
    Path bad = file("bad.tsv", "label\tsentence\n1\tgood\n7\tbad\n");

    for (Request request : List.of(request("sst-2", good, bad), request("sst-2", bad, good))) {
      assertThat(failure(request).problems().get(0).location())
          .isEqualTo(Location.ofLine(bad.toString(), 3));
    }
  }

  @Test
  void loadsTheRealSst2() {
    Path sst2 = Path.of("..", "..", "shared", "data", "sst2");
    assumeTrue(Files.isDirectory(sst2), () -> sst2 + " is not there");

    TaskData loaded =
        load(new Request("sst-2", sst2.resolve("train.tsv"), sst2.resolve("dev.tsv"), 0, 0, 64, 0));

    assertThat(loaded.train().size()).isEqualTo(67_349);
    assertThat(loaded.evaluations().get(0).set().size()).isEqualTo(872);
    assertThat(loaded.train().examples()).allMatch(e -> e.length() >= 3 && e.length() <= 64);
    assertThat(Shared.examples(loaded)).isBetween(0, 20);
  }

  /** What can be loaded, the checks before the training find no fault with. */
  private static TaskData load(Request request) {
    TaskLoader loader = new TaskLoader();
    TaskData loaded = loader.load(request, TOKENIZER);
    assertThat(loader.check(request)).isEmpty();
    assertThat(loader.checkColumns(request)).isEmpty();
    return loaded;
  }

  private static ProblemException failure(Request request) {
    return catchThrowableOfType(ProblemException.class, () -> load(request));
  }

  private static Request request(String task, @Nullable Path train, @Nullable Path evaluation) {
    return new Request(task, train, evaluation, 0, 0, 128, 0);
  }

  private static Request twin(int train, int evaluation, long seed) {
    return new Request("sentiment-twin", null, null, train, evaluation, 128, seed);
  }

  private Path file(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }
}
