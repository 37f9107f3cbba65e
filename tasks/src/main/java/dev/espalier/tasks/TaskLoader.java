package dev.espalier.tasks;

import dev.espalier.api.data.Head;
import dev.espalier.api.metric.Metric;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.api.problem.Suggestions;
import dev.espalier.core.data.TaskSource;
import dev.espalier.core.model.PretrainedModels;
import dev.espalier.tasks.glue.GlueTasks;
import dev.espalier.tasks.squad.SquadMetric;
import dev.espalier.tasks.table.GenericTable;
import dev.espalier.tasks.table.TableTask;
import dev.espalier.tasks.text.TextEncoder;
import dev.espalier.tasks.twin.SentimentTwin;
import dev.espalier.tasks.twin.SquadTwin;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The tasks that Espalier knows. */
public final class TaskLoader implements TaskSource {
  /** Ends the names of what is measured on MNLI's second set, whose genres are not trained on. */
  public static final String MISMATCHED = "_mismatched";

  private final DataSets elsewhere;
  private final Runnable natives;

  /**
   * Tasks in files and in data sets that are elsewhere.
   *
   * @param natives prepares the native library of tokenizers; called before it is needed
   */
  public TaskLoader(DataSets elsewhere, Runnable natives) {
    this.elsewhere = elsewhere;
    this.natives = natives;
  }

  /** Tasks in files alone. */
  public TaskLoader() {
    this(
        (reference, splits) -> {
          throw new IllegalArgumentException(reference + " is no file");
        },
        () -> {});
  }

  /** Finds the files of data sets that are not on this computer, or not by a path. */
  @FunctionalInterface
  public interface DataSets {
    /**
     * The files of a set.
     *
     * @param reference as in the configuration
     * @param splits what the set may be called where the reference does not say, the likeliest
     *     first
     */
    List<Path> files(String reference, List<String> splits);
  }

  /** The names of all tasks, those in files first. */
  @Override
  public List<String> names() {
    List<String> names = new ArrayList<>(GlueTasks.ALL.stream().map(TableTask::name).toList());
    names.addAll(SquadLoading.NAMES);
    names.addAll(GenericTable.names());
    names.addAll(Twins.NAMES);
    return List.copyOf(names);
  }

  /** The built-in metrics that {@link java.util.ServiceLoader} does not find. */
  public static List<Metric> metrics() {
    return List.copyOf(SquadMetric.ALL);
  }

  /**
   * Loads all sets.
   *
   * @throws ProblemException of kind configuration when there is no such task, when a task in files
   *     lacks a file or a twin is given one, when two sets are of the same rows, or when a number
   *     is out of range; of kind input when a file is missing or broken, with file and line, when
   *     calibration and evaluation have a text in common, or the tokenizer cannot be used
   */
  @Override
  public TaskData load(Request request, byte[] tokenizerJson) {
    String task = request.task();
    if (!names().contains(task)) {
      throw unknown(task);
    }
    List<Problem> mistakes = check(request);
    if (!mistakes.isEmpty()) {
      throw new ProblemException(mistakes);
    }
    natives.run();
    Map<String, SetFiles> sets = SetFiles.of(request, elsewhere);
    if (SquadLoading.NAMES.contains(task) || task.equals(SquadTwin.NAME)) {
      return SquadLoading.load(request, sets, tokenizerJson);
    }
    // the encoder first: it fails in milliseconds, a file of millions of rows does not
    try (TextEncoder encoder = TextEncoder.create(tokenizerJson, request.maxSequenceLength())) {
      return TableLoading.load(request, sets, encoder);
    }
  }

  /**
   * What is wrong with a request whatever its files hold: what a task does not read must not be
   * given to it, and what it needs must.
   */
  @Override
  public List<Problem> check(Request request) {
    String task = request.task();
    List<Problem> mistakes = new ArrayList<>();
    boolean twin = Twins.NAMES.contains(task);
    if (twin) {
      for (String key : SetFiles.named(request).keySet()) {
        mistakes.add(
            Problem.of(
                ProblemCode.CONTRADICTION,
                key,
                "task " + task + " is generated and reads no files",
                "Leave it out, or choose a task that reads files."));
      }
    }
    if (!twin) {
      DataFile fitted = request.train() == null ? request.calibration() : request.train();
      needed(task, SetFiles.TRAIN, fitted, mistakes);
      needed(task, SetFiles.EVALUATION, request.evaluation(), mistakes);
    }
    if (request.evaluationMismatched() != null && !twin && !task.equals(GlueTasks.MNLI)) {
      mistakes.add(
          Problem.of(
              ProblemCode.CONTRADICTION,
              SetFiles.MISMATCHED,
              "is for the task mnli, not for " + task,
              "Leave it out."));
    }
    if (!twin) {
      mistakes.addAll(Overlap.check(SetFiles.named(request)));
    }
    if (GenericTable.format(task).isPresent()) {
      mistakes.addAll(GenericTable.check(task, request.columns(), request.labels()));
    } else if (!request.columns().equals(Columns.NONE) || !request.labels().isEmpty()) {
      mistakes.add(
          Problem.of(
              ProblemCode.CONTRADICTION,
              request.columns().equals(Columns.NONE) ? "data.labels" : "data.columns",
              "is for the tasks "
                  + String.join(", ", GenericTable.names())
                  + "; "
                  + task
                  + " knows its own",
              "Leave it out."));
    }
    return mistakes;
  }

  /**
   * What the first rows of the files say to be wrong, in milliseconds: a column that is missing, a
   * header that cannot be read. Nothing is said of nested files, of Parquet, and of what is not
   * there or elsewhere.
   */
  @Override
  public List<Problem> checkColumns(Request request) {
    if (Twins.NAMES.contains(request.task()) || SquadLoading.NAMES.contains(request.task())) {
      return List.of();
    }
    return SetFiles.named(request).values().stream()
        .map(DataFile::reference)
        .filter(reference -> !PretrainedModels.isElsewhere(reference))
        .map(Path::of)
        .filter(file -> Files.isReadable(file) && Files.isRegularFile(file))
        .flatMap(file -> TableLoading.checkColumns(request, file).stream())
        .toList();
  }

  @Override
  public Optional<Head> head(Request request) {
    String task = request.task();
    if (GenericTable.format(task).isPresent()) {
      return request.columns().value() != null
          ? Optional.of(new Head.Regression())
          : Optional.of(request.labels())
              .filter(labels -> labels.size() > 1)
              .map(Head.Classification::new);
    }
    if (SquadLoading.NAMES.contains(task) || task.equals(SquadTwin.NAME)) {
      return Optional.of(new Head.Spans());
    }
    if (task.equals(SentimentTwin.NAME)) {
      return Optional.of(new Head.Classification(SentimentTwin.LABELS));
    }
    String like = Twins.NAMES.contains(task) ? task.replaceFirst("-twin$", "") : task;
    return GlueTasks.find(like).map(TableTask::head);
  }

  private static void needed(
      String task, String key, @Nullable DataFile file, List<Problem> mistakes) {
    if (file == null) {
      mistakes.add(
          Problem.of(
              ProblemCode.MISSING_KEY,
              key,
              "is missing; task " + task + " reads files",
              "Add it, or choose the generated task "
                  + Optional.of(task + "-twin")
                      .filter(Twins.NAMES::contains)
                      .orElse(SentimentTwin.NAME)
                  + "."));
    }
  }

  private ProblemException unknown(String name) {
    List<String> names = names();
    return ProblemException.of(
        ProblemKind.CONFIGURATION,
        "there is no task \"" + name + "\", there is " + String.join(", ", names),
        Suggestions.advice(name, names));
  }
}
