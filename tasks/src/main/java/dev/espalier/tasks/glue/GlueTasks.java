package dev.espalier.tasks.glue;

import dev.espalier.tasks.table.Format;
import dev.espalier.tasks.table.TableTask;
import dev.espalier.tasks.table.TableTask.Column;
import dev.espalier.tasks.table.TableTask.Quirks;
import dev.espalier.tasks.table.TableTask.Range;
import dev.espalier.tasks.table.TableTask.TableClass;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The tasks of GLUE, and SICK: where their files keep text and label, and what they are judged by.
 * Where GLUE judges by two metrics, their mean is left to the reader.
 */
public final class GlueTasks {
  /** The name of the task that is judged on a second set, too. */
  public static final String MNLI = "mnli";

  private static final List<TableClass> ZERO_ONE_ENTAILMENT =
      List.of(new TableClass("0", "not_entailment"), new TableClass("1", "entailment"));

  private static final List<TableClass> PARAPHRASE =
      List.of(new TableClass("0", "not_equivalent"), new TableClass("1", "equivalent"));

  private static final List<TableClass> ENTAILMENT =
      List.of(new TableClass("entailment"), new TableClass("not_entailment"));

  private static final List<String> ACCURACY = List.of("accuracy");
  private static final List<String> ACCURACY_AND_F1 = List.of("accuracy", "f1");
  private static final Column LABEL = new Column("label");

  /** The tasks, in the order in which they are listed. */
  public static final List<TableTask> ALL =
      List.of(
          new TableTask(
              "sst-2",
              // GLUE says sentence; the copies of the dev and test files that circulate with
              // labels say content
              List.of(new Column("sentence", "content")),
              LABEL,
              List.of(new TableClass("0", "negative"), new TableClass("1", "positive"))),
          new TableTask(
              "cola",
              Format.TSV,
              List.of(Column.at(3, "sentence")),
              Column.at(1, "label"),
              List.of(new TableClass("0", "unacceptable"), new TableClass("1", "acceptable")),
              List.of("mcc"),
              new Quirks(true, false, Set.of())),
          new TableTask(
              "mrpc",
              Format.TSV,
              List.of(new Column("#1 String", "sentence1"), new Column("#2 String", "sentence2")),
              new Column("Quality", "label"),
              PARAPHRASE,
              ACCURACY_AND_F1,
              Quirks.NONE),
          new TableTask(
              "sts-b",
              Format.TSV,
              List.of(new Column("sentence1"), new Column("sentence2")),
              new Column("score", "label"),
              List.of(),
              List.of("pearson", "spearman"),
              Quirks.NONE,
              new Range(0, 5)),
          new TableTask(
              "qqp",
              Format.TSV,
              List.of(new Column("question1"), new Column("question2")),
              new Column("is_duplicate", "label"),
              List.of(new TableClass("0", "not_duplicate"), new TableClass("1", "duplicate")),
              ACCURACY_AND_F1,
              new Quirks(false, true, Set.of())),
          new TableTask(
              MNLI,
              Format.TSV,
              List.of(new Column("sentence1", "premise"), new Column("sentence2", "hypothesis")),
              new Column("gold_label", "label"),
              List.of(
                  new TableClass("contradiction"),
                  new TableClass("entailment"),
                  new TableClass("neutral")),
              ACCURACY,
              // the annotators did not agree: MultiNLI's own files have such rows, GLUE's do not
              new Quirks(false, false, Set.of("-"))),
          pairs("qnli", "question", "sentence", LABEL, ENTAILMENT, ACCURACY),
          pairs("rte", "sentence1", "sentence2", LABEL, ENTAILMENT, ACCURACY),
          pairs("wnli", "sentence1", "sentence2", LABEL, ZERO_ONE_ENTAILMENT, ACCURACY),
          pairs(
              "sick",
              "sentence_A",
              "sentence_B",
              // later copies have both directions, and call this one so
              new Column("entailment_judgment", "entailment_label"),
              List.of(
                  new TableClass("CONTRADICTION", "contradiction"),
                  new TableClass("ENTAILMENT", "entailment"),
                  new TableClass("NEUTRAL", "neutral")),
              ACCURACY));

  private GlueTasks() {}

  /** The task of that name. */
  public static Optional<TableTask> find(String name) {
    return ALL.stream().filter(task -> task.name().equals(name)).findFirst();
  }

  private static TableTask pairs(
      String name,
      String first,
      String second,
      Column label,
      List<TableClass> classes,
      List<String> metrics) {
    return new TableTask(
        name,
        Format.TSV,
        List.of(new Column(first), new Column(second)),
        label,
        classes,
        metrics,
        Quirks.NONE);
  }
}
