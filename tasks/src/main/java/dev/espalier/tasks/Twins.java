package dev.espalier.tasks;

import dev.espalier.core.data.TaskSource.Request;
import dev.espalier.tasks.text.TextFile;
import dev.espalier.tasks.twin.MnliTwin;
import dev.espalier.tasks.twin.QqpTwin;
import dev.espalier.tasks.twin.SentimentTwin;
import dev.espalier.tasks.twin.SquadTwin;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The tasks that are generated, in the formats of those that they stand for. */
final class Twins {
  /** Their names. */
  static final List<String> NAMES =
      List.of(SentimentTwin.NAME, MnliTwin.NAME, QqpTwin.NAME, SquadTwin.NAME);

  private Twins() {}

  /**
   * The files of a task that are generated.
   *
   * @param task whose format they have
   * @param mismatched MNLI's second evaluation file, or null
   */
  record Files(String task, TextFile train, TextFile evaluation, @Nullable TextFile mismatched) {}

  /** Whether the task is a twin in the format of another task. */
  static boolean hasFiles(String task) {
    return NAMES.contains(task) && !task.equals(SentimentTwin.NAME);
  }

  /** Generates the files of such a twin. */
  static Files files(Request request) {
    int train = request.trainExamples();
    int evaluation = request.evaluationExamples();
    return switch (request.task()) {
      case MnliTwin.NAME -> {
        MnliTwin.Files made = MnliTwin.generate(train, evaluation, request.seed());
        yield new Files("mnli", made.train(), made.matched(), made.mismatched());
      }
      case QqpTwin.NAME -> {
        QqpTwin.Files made = QqpTwin.generate(train, evaluation, request.seed());
        yield new Files("qqp", made.train(), made.evaluation(), null);
      }
      case SquadTwin.NAME -> {
        SquadTwin.Files made = SquadTwin.generate(train, evaluation, request.seed());
        yield new Files("squad", made.train(), made.evaluation(), null);
      }
      default -> throw new IllegalArgumentException(request.task() + " has no files");
    };
  }
}
