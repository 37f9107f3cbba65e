package dev.espalier.tasks;

import dev.espalier.tasks.TaskLoader.Evaluation;
import dev.espalier.tasks.TaskLoader.Loaded;
import dev.espalier.tasks.TaskLoader.Request;
import dev.espalier.tasks.squad.Question;
import dev.espalier.tasks.squad.SquadSet;
import dev.espalier.tasks.text.Part;
import dev.espalier.tasks.text.PieceEncoder;
import dev.espalier.tasks.text.TextFile;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Loads tasks with questions about paragraphs. */
final class SquadLoading {
  /** SQuAD 1.1, and 2.0 with its questions that have no answer. */
  static final List<String> NAMES = List.of("squad", "squad-v2");

  private static final List<String> METRICS = List.of("f1", "exact");
  private static final List<String> METRICS_V2 =
      List.of(
          "f1",
          "exact",
          "has_ans_f1",
          "has_ans_exact",
          "no_ans_f1",
          "no_ans_exact",
          "best_f1",
          "best_f1_thresh",
          "best_exact",
          "best_exact_thresh");

  private SquadLoading() {}

  static Loaded load(Request request, byte[] tokenizerJson) {
    boolean unanswerable = request.task().equals("squad-v2");
    try (PieceEncoder encoder = PieceEncoder.create(tokenizerJson)) {
      Twins.Files files =
          Twins.hasFiles(request.task())
              ? Twins.files(request)
              : new Twins.Files(
                  request.task(),
                  TextFile.read(TaskLoader.needed(request.task(), "training", request.train())),
                  TextFile.read(
                      TaskLoader.needed(request.task(), "evaluation", request.evaluation())),
                  null);
      SquadSet evaluation =
          set(
              "evaluation",
              files.evaluation(),
              unanswerable,
              request.evaluationPart(),
              request,
              encoder);
      SquadSet train =
          set("train", files.train(), unanswerable, request.trainPart(), request, encoder);
      return new Loaded(
          train.set(),
          List.of(new Evaluation("", evaluation.set(), evaluation.decoder())),
          unanswerable ? METRICS_V2 : METRICS,
          shared(train.questions(), evaluation.questions()));
    }
  }

  private static SquadSet set(
      String name,
      TextFile file,
      boolean unanswerable,
      Part part,
      Request request,
      PieceEncoder encoder) {
    return SquadSet.of(
        name, file, unanswerable, part, request.maxSequenceLength(), request.questions(), encoder);
  }

  private static int shared(List<Question> train, List<Question> evaluation) {
    Set<Question> known = train.stream().map(SquadLoading::text).collect(Collectors.toSet());
    return (int) evaluation.stream().map(SquadLoading::text).filter(known::contains).count();
  }

  private static Question text(Question question) {
    return new Question("", question.text(), question.context(), List.of());
  }
}
