package dev.espalier.tasks;

import dev.espalier.core.data.EvaluationSet;
import dev.espalier.core.data.TaskSource.Request;
import dev.espalier.core.data.TaskSource.TaskData;
import dev.espalier.tasks.Overlap.Compared;
import dev.espalier.tasks.Overlap.Fitted;
import dev.espalier.tasks.Overlap.Origin;
import dev.espalier.tasks.parquet.ParquetText;
import dev.espalier.tasks.squad.SquadSet;
import dev.espalier.tasks.text.Part;
import dev.espalier.tasks.text.PieceEncoder;
import dev.espalier.tasks.text.TextFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

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

  static TaskData load(Request request, Map<String, SetFiles> sets, byte[] tokenizerJson) {
    Origins origins = origins(request, sets);
    Overlap.checkRows(origins.fitted().all(), List.of(origins.evaluation()));
    try (PieceEncoder encoder = PieceEncoder.create(tokenizerJson)) {
      SquadSet evaluation = set("evaluation", origins.evaluation(), request, encoder);
      List<Compared> judged = texts(evaluation);
      SquadSet calibration = null;
      List<Compared> calibrating = List.of();
      if (origins.fitted().calibration().isPresent()) {
        Origin origin = origins.fitted().calibration().orElseThrow();
        calibration = set("calibration", origin, request, encoder);
        calibrating = texts(calibration);
        Overlap.checkTexts(origin, calibrating, origins.evaluation(), judged);
      }
      SquadSet train = set("train", origins.fitted().train(), request, encoder);
      List<Compared> trained = texts(train);
      List<String> notes = new ArrayList<>();
      if (calibration != null) {
        Origin origin = origins.fitted().calibration().orElseThrow();
        Overlap.checkHeldOut(origins.fitted().train(), trained, origin, calibrating)
            .ifPresent(notes::add);
      }
      Overlap.checkHeldOut(origins.fitted().train(), trained, origins.evaluation(), judged)
          .ifPresent(notes::add);
      return new TaskData(
          train.set(),
          calibration == null ? null : calibration.set(),
          List.of(new EvaluationSet("", evaluation.set(), evaluation.decoder())),
          unanswerable(request) ? METRICS_V2 : METRICS,
          notes);
    }
  }

  private record Origins(Fitted fitted, Origin evaluation) {}

  private static Origins origins(Request request, Map<String, SetFiles> sets) {
    if (Twins.hasFiles(request.task())) {
      Twins.Files files = Twins.files(request);
      return new Origins(
          new Fitted(new Origin(SetFiles.TRAIN, files.train(), Part.ALL), Optional.empty()),
          new Origin(SetFiles.EVALUATION, files.evaluation(), Part.ALL));
    }
    return new Origins(
        Fitted.of(sets, SquadLoading::origin),
        origin(SetFiles.EVALUATION, Objects.requireNonNull(sets.get(SetFiles.EVALUATION))));
  }

  private static Origin origin(String key, SetFiles file) {
    boolean parquet = file.files().stream().allMatch(ParquetText::isParquet);
    TextFile text =
        parquet ? ParquetText.readNested(file.files()) : TextFile.read(file.files().get(0));
    return new Origin(key, text, file.part());
  }

  private static boolean unanswerable(Request request) {
    return request.task().equals("squad-v2");
  }

  private static SquadSet set(String name, Origin origin, Request request, PieceEncoder encoder) {
    return SquadSet.of(
        name,
        origin.file(),
        unanswerable(request),
        origin.part(),
        request.maxSequenceLength(),
        request.questions(),
        encoder);
  }

  /** The questions with their paragraphs, and nothing else. */
  private static List<Compared> texts(SquadSet set) {
    return set.questions().stream().map(each -> Compared.of(each.text(), each.context())).toList();
  }
}
