package dev.espalier.tasks;

import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.data.Head;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.core.data.EvaluationSet;
import dev.espalier.core.data.TaskSource.Request;
import dev.espalier.core.data.TaskSource.TaskData;
import dev.espalier.tasks.Overlap.Compared;
import dev.espalier.tasks.Overlap.Fitted;
import dev.espalier.tasks.Overlap.Origin;
import dev.espalier.tasks.glue.GlueTasks;
import dev.espalier.tasks.parquet.ParquetText;
import dev.espalier.tasks.table.GenericTable;
import dev.espalier.tasks.table.TableReader;
import dev.espalier.tasks.table.TableTask;
import dev.espalier.tasks.text.LabelledTexts;
import dev.espalier.tasks.text.TextEncoder;
import dev.espalier.tasks.text.TextFile;
import dev.espalier.tasks.twin.SentimentTwin;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Loads tasks with an example in each row. */
final class TableLoading {
  private final TextEncoder encoder;

  private TableLoading(TextEncoder encoder) {
    this.encoder = encoder;
  }

  static TaskData load(Request request, Map<String, SetFiles> sets, TextEncoder encoder) {
    TableLoading loading = new TableLoading(encoder);
    if (request.task().equals(SentimentTwin.NAME)) {
      return loading.sentimentTwin(request);
    }
    return Twins.hasFiles(request.task())
        ? loading.twin(Twins.files(request))
        : loading.files(request, sets);
  }

  private TaskData sentimentTwin(Request request) {
    SentimentTwin.Sets sets =
        SentimentTwin.generate(
            request.trainExamples(), request.evaluationExamples(), request.seed());
    Head head = new Head.Classification(SentimentTwin.LABELS);
    return loaded(
        head,
        List.of("accuracy"),
        sets.train(),
        null,
        List.of(new Read("", "evaluation", sets.evaluation())),
        List.of());
  }

  private TaskData twin(Twins.Files files) {
    TableTask task = GlueTasks.find(files.task()).orElseThrow();
    List<Read> evaluations = new ArrayList<>();
    evaluations.add(new Read("", "evaluation", read(task, files.evaluation())));
    if (files.mismatched() != null) {
      evaluations.add(mismatched(read(task, files.mismatched())));
    }
    return loaded(
        task.head(), task.metrics(), read(task, files.train()), null, evaluations, List.of());
  }

  private TaskData files(Request request, Map<String, SetFiles> files) {
    Fitted fitted = Fitted.of(files, TableLoading::origin);
    Origin train = fitted.train();
    Optional<Origin> calibration = fitted.calibration();
    List<Origin> evaluations = evaluations(files);
    Overlap.checkRows(fitted.all(), evaluations);
    TableTask task = task(request, train.file());
    Map<String, LabelledTexts> sets = readAll(task, fitted, evaluations);
    List<Read> judged = new ArrayList<>();
    judged.add(new Read("", "evaluation", of(sets, evaluations.get(0))));
    if (evaluations.size() > 1) {
      judged.add(mismatched(of(sets, evaluations.get(1))));
    }
    Optional<LabelledTexts> calibrating = calibration.map(origin -> of(sets, origin));
    LabelledTexts trained = of(sets, train);
    List<List<Compared>> judgedTexts = judged.stream().map(each -> compared(each.texts())).toList();
    Optional<List<Compared>> calibratingTexts = calibrating.map(TableLoading::compared);
    for (int i = 0; i < judged.size() && calibration.isPresent(); i++) {
      Overlap.checkTexts(
          calibration.orElseThrow(),
          calibratingTexts.orElseThrow(),
          evaluations.get(i),
          judgedTexts.get(i));
    }
    List<Compared> training = compared(trained);
    List<String> notes = new ArrayList<>();
    calibratingTexts
        .flatMap(texts -> Overlap.checkHeldOut(train, training, calibration.orElseThrow(), texts))
        .ifPresent(notes::add);
    for (int i = 0; i < judged.size(); i++) {
      Overlap.checkHeldOut(train, training, evaluations.get(i), judgedTexts.get(i))
          .ifPresent(notes::add);
    }
    return loaded(task.head(), task.metrics(), trained, calibrating.orElse(null), judged, notes);
  }

  /** What the first row of a file says to be wrong. */
  static List<Problem> checkColumns(Request request, Path file) {
    if (ParquetText.isParquet(file)) {
      return List.of();
    }
    TableTask task =
        GenericTable.format(request.task())
            .map(format -> GenericTable.columns(format, request.columns(), request.labels()))
            .orElseGet(() -> GlueTasks.find(request.task()).orElseThrow());
    try {
      TextFile.start(file).ifPresent(start -> TableReader.checkColumns(task, start));
      return List.of();
    } catch (ProblemException e) {
      return e.problems();
    }
  }

  private static List<Origin> evaluations(Map<String, SetFiles> files) {
    return Stream.of(SetFiles.EVALUATION, SetFiles.MISMATCHED)
        .filter(files::containsKey)
        .map(key -> origin(key, Objects.requireNonNull(files.get(key))))
        .toList();
  }

  /** Reads all sets, by key, before it tells what is wrong with any; the training set last. */
  private static Map<String, LabelledTexts> readAll(
      TableTask task, Fitted fitted, List<Origin> evaluations) {
    List<Origin> origins = new ArrayList<>(evaluations);
    fitted.calibration().ifPresent(origins::add);
    origins.add(fitted.train());
    Map<String, LabelledTexts> sets = new HashMap<>();
    List<Problem> problems = new ArrayList<>();
    for (Origin origin : origins) {
      try {
        sets.put(origin.key(), read(task, origin));
      } catch (ProblemException e) {
        problems.addAll(e.problems());
      }
    }
    if (!problems.isEmpty()) {
      throw new ProblemException(problems.stream().distinct().toList());
    }
    return sets;
  }

  private static LabelledTexts of(Map<String, LabelledTexts> sets, Origin origin) {
    return Objects.requireNonNull(sets.get(origin.key()));
  }

  private static TableTask task(Request request, TextFile train) {
    return GenericTable.format(request.task())
        .map(format -> GenericTable.task(format, request.columns(), request.labels(), train))
        .orElseGet(() -> GlueTasks.find(request.task()).orElseThrow());
  }

  private static Origin origin(String key, SetFiles file) {
    boolean parquet = file.files().stream().allMatch(ParquetText::isParquet);
    TextFile text = parquet ? ParquetText.read(file.files()) : TextFile.read(file.files().get(0));
    return new Origin(key, text, file.part());
  }

  private static LabelledTexts read(TableTask task, Origin origin) {
    return read(task, origin.file()).part(origin.part());
  }

  /** Reads a file as its name says: every task may be in Parquet files, too. */
  private static LabelledTexts read(TableTask task, TextFile file) {
    boolean parquet = ParquetText.isParquet(Path.of(file.source()));
    return TableReader.read(parquet ? task.inParquet() : task, file);
  }

  /** A set before it is tokenized. */
  private record Read(String suffix, String name, LabelledTexts texts) {}

  private static Read mismatched(LabelledTexts texts) {
    return new Read(TaskLoader.MISMATCHED, "evaluation" + TaskLoader.MISMATCHED, texts);
  }

  private TaskData loaded(
      Head head,
      List<String> metrics,
      LabelledTexts train,
      @Nullable LabelledTexts calibration,
      List<Read> evaluations,
      List<String> notes) {
    EncodedSet encodedTrain = encoded("train", train, head);
    List<EvaluationSet> encoded = new ArrayList<>();
    for (Read each : evaluations) {
      encoded.add(new EvaluationSet(each.suffix(), encoded(each.name(), each.texts(), head), null));
    }
    return new TaskData(
        encodedTrain,
        calibration == null ? null : encoded("calibration", calibration, head),
        encoded,
        metrics,
        notes);
  }

  private EncodedSet encoded(String name, LabelledTexts texts, Head head) {
    return new EncodedSet(
        name, texts.source(), texts.sha256(), head, encoder.encode(texts.examples()));
  }

  /** Whatever the labels are. */
  private static List<Compared> compared(LabelledTexts texts) {
    return texts.examples().stream()
        .map(example -> Compared.of(example.first(), example.second()))
        .toList();
  }
}
