package dev.espalier.tasks.glue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.espalier.api.data.Head;
import dev.espalier.api.data.Target;
import dev.espalier.tasks.table.TableReader;
import dev.espalier.tasks.table.TableTask;
import dev.espalier.tasks.text.LabelledText;
import dev.espalier.tasks.text.TextFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The files of each task, in a few lines as GLUE writes them. */
class GlueTasksTest {
  private static final String MNLI_DEV =
      "index\tpromptID\tpairID\tgenre\tsentence1_binary_parse\tsentence2_binary_parse\t"
          + "sentence1_parse\tsentence2_parse\tsentence1\tsentence2\tlabel1\tlabel2\tlabel3\t"
          + "label4\tlabel5\tgold_label\n";

  private static final String MNLI_ROW =
      "0\t1\t1n\tslate\tb\tb\tp\tp\tHe \"came\".\tHe left.\tneutral\tx\tx\tx\tx\t";

  @ParameterizedTest(name = "{0}: {2}, {3}")
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "sst-2|sentence\\tlabel\\nfine film\\t1|fine film|-|positive",
        "cola|gj04\\t0\\t*\\tDrank pub.\\ngj04\\t1\\t\\tWe.|Drank pub.|-|unacceptable",
        "mrpc|Quality\\t#1 ID\\t#2 ID\\t#1 String\\t#2 String\\r\\n"
            + "1\\t7\\t8\\tA \"b\\tB c\\r\\n|A \"b|B c|equivalent",
        "qqp|id\\tqid1\\tqid2\\tquestion1\\tquestion2\\tis_duplicate\\n"
            + "0\\t1\\t2\\tWhy?\\tHow?\\t0|Why?|How?|not_duplicate",
        "qnli|index\\tquestion\\tsentence\\tlabel\\n"
            + "0\\tWhen?\\tThen.\\tentailment|When?|Then.|entailment",
        "rte|index\\tsentence1\\tsentence2\\tlabel\\n0\\tA\\tB\\tnot_entailment|A|B|not_entailment",
        "wnli|index\\tsentence1\\tsentence2\\tlabel\\n0\\tA\\tB\\t1|A|B|entailment",
        "sick|pair_ID\\tsentence_A\\tsentence_B\\trelatedness_score\\tentailment_judgment\\n"
            + "1\\tA\\tB\\t4.5\\tNEUTRAL|A|B|neutral",
      })
  void reads(String name, String content, String first, @Nullable String second, String label) {
    TableTask task = GlueTasks.find(name).orElseThrow();

    LabelledText example = read(task, content.translateEscapes()).get(0);

    assertThat(example.first()).isEqualTo(first);
    assertThat(example.second()).isEqualTo(second);
    List<String> labels = ((Head.Classification) task.head()).labels();
    assertThat(labels.get(example.label())).isEqualTo(label);
  }

  @Test
  @DisplayName("MNLI's classes are in the reference's order; pairs without a label are left out")
  void mnli() {
    TableTask task = GlueTasks.find("mnli").orElseThrow();
    String rows = MNLI_ROW + "entailment\n" + MNLI_ROW + "-\n" + MNLI_ROW + "neutral\n";

    assertThat(((Head.Classification) task.head()).labels())
        .containsExactly("contradiction", "entailment", "neutral");
    assertThat(read(task, MNLI_DEV + rows))
        .containsExactly(
            new LabelledText("He \"came\".", "He left.", 1),
            new LabelledText("He \"came\".", "He left.", 2));
  }

  @Test
  @DisplayName("STS-B's label is a number")
  void stsb() {
    TableTask task = GlueTasks.find("sts-b").orElseThrow();
    String header =
        "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore\n";

    assertThat(task.head()).isEqualTo(new Head.Regression());
    assertThat(task.metrics()).containsExactly("pearson", "spearman");
    assertThat(read(task, header + "0\tg\tf\t2012\t1\tn\tn\tA.\tB.\t3.250\n"))
        .containsExactly(new LabelledText("A.", "B.", new Target.Value(3.25)));
  }

  @Test
  @DisplayName("QQP's rows that are too short are left out, as in the reference")
  void shortRows() {
    TableTask task = GlueTasks.find("qqp").orElseThrow();
    String header = "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n";

    assertThat(read(task, header + "0\t1\t2\thalf a\nquestion?\t1\n1\t3\t4\ta\tb\t1\n"))
        .containsExactly(new LabelledText("a", "b", 1));
  }

  @Test
  @DisplayName("SICK has 9,927 pairs of three classes")
  void realSick() {
    Path file = Path.of("..", "..", "shared", "data", "sick", "SICK.txt");
    assumeTrue(Files.exists(file), () -> file + " is not there");

    List<LabelledText> pairs =
        TableReader.read(GlueTasks.find("sick").orElseThrow(), file).examples();

    assertThat(pairs).hasSize(9927);
    assertThat(pairs.stream().filter(pair -> pair.label() == 0)).hasSize(1459);
    assertThat(pairs.stream().filter(pair -> pair.label() == 1)).hasSize(2857);
  }

  private static List<LabelledText> read(TableTask task, String content) {
    return TableReader.read(task, TextFile.generated("test", content)).examples();
  }
}
