package dev.espalier.tasks.twin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.espalier.api.data.Head;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.core.data.TaskSource.Columns;
import dev.espalier.core.data.TaskSource.Questions;
import dev.espalier.core.data.TaskSource.Request;
import dev.espalier.core.data.TaskSource.TaskData;
import dev.espalier.tasks.MiniLm;
import dev.espalier.tasks.Shared;
import dev.espalier.tasks.TaskLoader;
import dev.espalier.tasks.glue.GlueTasks;
import dev.espalier.tasks.squad.Question;
import dev.espalier.tasks.squad.SquadReader;
import dev.espalier.tasks.table.TableReader;
import dev.espalier.tasks.text.LabelledText;
import dev.espalier.tasks.text.Part;
import dev.espalier.tasks.text.TextFile;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The twins that are generated as files of the task that they stand for. */
class FileTwinsTest {
  private static final long SEED = 20_261_125;

  @ParameterizedTest
  @CsvSource({"mnli-twin, 2", "qqp-twin, 1", "squad-twin, 1"})
  @DisplayName("the seed decides everything, and the size of one set nothing of another")
  void seeded(String task, int sets) {
    TaskData loaded = load(task, 200, 50, SEED);

    assertThat(loaded.evaluations()).hasSize(sets);
    assertThat(load(task, 200, 50, SEED).train().sha256()).isEqualTo(loaded.train().sha256());
    assertThat(load(task, 200, 50, SEED + 1).train().sha256())
        .isNotEqualTo(loaded.train().sha256());
    assertThat(load(task, 300, 50, SEED).evaluations().get(0).set().sha256())
        .isEqualTo(loaded.evaluations().get(0).set().sha256());
    assertThat(loaded.train().source())
        .startsWith(task + ", train, 200 ")
        .endsWith(", seed " + SEED);
    assertThat(Shared.examples(loaded)).isZero();
  }

  @Test
  @DisplayName("MNLI's twin has MNLI's columns, equal classes, and no pair twice")
  void mnli() {
    MnliTwin.Files files = MnliTwin.generate(3000, 600, SEED);

    assertThat(files.train().text().lines().findFirst().orElseThrow().split("\t", -1)).hasSize(12);
    assertThat(files.matched().text().lines().findFirst().orElseThrow().split("\t", -1))
        .hasSize(16)
        .endsWith("label5", "gold_label");
    Set<LabelledText> all = new HashSet<>();
    for (TextFile file : List.of(files.train(), files.matched(), files.mismatched())) {
      List<LabelledText> pairs = read("mnli", file);
      for (int label = 0; label < 3; label++) {
        int each = label;
        double share =
            (double) pairs.stream().filter(pair -> pair.label() == each).count() / pairs.size();
        assertThat(share).as("%s, class %d", file.source(), label).isBetween(0.27, 0.40);
      }
      pairs.forEach(pair -> all.add(pair.withoutLabel()));
    }
    assertThat(all).hasSize(3000 + 600 + 600);
  }

  @ParameterizedTest
  @CsvSource({"mnli, 0.45", "qqp, 0.72"})
  @DisplayName("no word of one text tells the class: the best guess from any word is near chance")
  void wordsAlone(String task, double most) {
    List<LabelledText> pairs =
        task.equals("mnli")
            ? read(task, MnliTwin.generate(6000, 10, SEED).train())
            : read(task, QqpTwin.generate(6000, 10, SEED).train());
    for (boolean first : new boolean[] {true, false}) {
      Map<String, Map<Integer, Integer>> counts = new HashMap<>();
      for (LabelledText pair : pairs) {
        String text = first ? pair.first() : String.valueOf(pair.second());
        for (String word :
            new HashSet<>(List.of(text.toLowerCase(Locale.ROOT).split("\\W+", -1)))) {
          counts.computeIfAbsent(word, w -> new HashMap<>()).merge(pair.label(), 1, Integer::sum);
        }
      }
      counts.forEach(
          (word, classes) -> {
            int all = classes.values().stream().mapToInt(Integer::intValue).sum();
            int best = classes.values().stream().mapToInt(Integer::intValue).max().orElseThrow();
            if (all >= 400) {
              assertThat((double) best / all).as("%s, first %s", word, first).isLessThan(most);
            }
          });
    }
  }

  @Test
  @DisplayName(
      "QQP's twin has QQP's columns, its share of duplicates, and never a question twice in a pair")
  void qqp() {
    QqpTwin.Files files = QqpTwin.generate(3000, 300, SEED);

    List<LabelledText> pairs = read("qqp", files.train());
    double duplicates =
        (double) pairs.stream().filter(pair -> pair.label() == 1).count() / pairs.size();
    assertThat(duplicates).isBetween(0.33, 0.41);
    assertThat(pairs).noneMatch(pair -> pair.first().equals(pair.second()));
    Set<LabelledText> all = new HashSet<>();
    pairs.forEach(pair -> all.add(pair.withoutLabel()));
    read("qqp", files.evaluation()).forEach(pair -> all.add(pair.withoutLabel()));
    assertThat(all).hasSize(3300);
  }

  @Test
  @DisplayName("a set that the grammar has not enough pairs for is refused")
  void exhausted() {
    assertThat(
            catchThrowableOfType(ProblemException.class, () -> QqpTwin.generate(200_000, 10, SEED)))
        .hasMessageContaining("does not have 200000 different pairs");
    assertThat(catchThrowableOfType(ProblemException.class, () -> SquadTwin.generate(-1, 10, SEED)))
        .hasMessageContaining("squad-twin generates 1 to 1000000 examples, asked for -1");
  }

  @Test
  @DisplayName(
      "SQuAD's twin says where each answer is, in code points, and tells another of its kind")
  void squad() {
    SquadTwin.Files files = SquadTwin.generate(1000, 100, SEED);

    List<Question> questions = SquadReader.read(files.train(), false, Part.ALL);
    assertThat(questions).hasSize(1000);
    boolean beyond = false;
    for (Question question : questions) {
      Question.Answer answer = question.answers().get(0);
      String context = question.context();
      int at = context.offsetByCodePoints(0, answer.start());
      assertThat(context.startsWith(answer.text(), at)).as(question.toString()).isTrue();
      beyond |= context.codePoints().anyMatch(c -> c > 0xFFFF);
    }
    assertThat(beyond).isTrue();
    // nothing is left out because its answer is not where it is said to be
    assertThat(load("squad-twin", 1000, 100, SEED).train().source()).doesNotContain("without");
    assertThat(load("squad-twin", 1000, 100, SEED).train().head()).isEqualTo(new Head.Spans());
  }

  private static List<LabelledText> read(String task, TextFile file) {
    return TableReader.read(GlueTasks.find(task).orElseThrow(), file).examples();
  }

  private static TaskData load(String task, int train, int evaluation, long seed) {
    return new TaskLoader()
        .load(
            new Request(
                task,
                null,
                null,
                null,
                null,
                Columns.NONE,
                List.of(),
                train,
                evaluation,
                128,
                new Questions(32, 24, 20, 30, 0),
                seed),
            MiniLm.tokenizerJson());
  }
}
