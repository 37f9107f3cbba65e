package dev.espalier.tasks;

import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.data.Head;
import dev.espalier.api.metric.AnswerDecoder;
import dev.espalier.api.metric.Metric;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.api.problem.Suggestions;
import dev.espalier.tasks.glue.GlueTasks;
import dev.espalier.tasks.squad.QuestionSettings;
import dev.espalier.tasks.squad.SquadMetric;
import dev.espalier.tasks.table.GenericTable;
import dev.espalier.tasks.table.Mistake;
import dev.espalier.tasks.table.TableTask;
import dev.espalier.tasks.text.Part;
import dev.espalier.tasks.text.TextEncoder;
import dev.espalier.tasks.twin.SentimentTwin;
import dev.espalier.tasks.twin.SquadTwin;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads or generates the data of a task and tokenizes it. */
public final class TaskLoader {
  /** Ends the names of what is measured on MNLI's second set, whose genres are not trained on. */
  public static final String MISMATCHED = "_mismatched";

  private TaskLoader() {}

  /**
   * What to load.
   *
   * @param task name of the task, one of {@link #names}
   * @param train what to train on, or null for a synthetic twin, or when nothing is trained and
   *     there is a calibration set
   * @param calibration what ranges of activations are taken from, or null
   * @param evaluation what to judge on, or null for a synthetic twin
   * @param evaluationMismatched MNLI's second evaluation file, or null
   * @param columns where a file of the user's own has text and label, or null
   * @param labels its classes in the order of their index; empty for alphabetical order
   * @param trainExamples how many training examples a twin generates; 0 for the twin's default;
   *     tasks in files do not use it
   * @param evaluationExamples how many evaluation examples a twin generates; likewise
   * @param maxSequenceLength longest input in tokens, special tokens included; longer ones are cut
   * @param questions how questions are put and answers read
   * @param seed decides a twin's content
   */
  public record Request(
      String task,
      @Nullable DataFile train,
      @Nullable DataFile calibration,
      @Nullable DataFile evaluation,
      @Nullable DataFile evaluationMismatched,
      GenericTable.@Nullable Columns columns,
      List<String> labels,
      int trainExamples,
      int evaluationExamples,
      int maxSequenceLength,
      QuestionSettings questions,
      long seed) {
    /** Copies the list. */
    public Request {
      labels = List.copyOf(labels);
    }

    /** Whole files of a task that needs nothing else, or a twin. */
    public Request(
        String task,
        @Nullable Path train,
        @Nullable Path evaluation,
        int trainExamples,
        int evaluationExamples,
        int maxSequenceLength,
        long seed) {
      this(
          task,
          train == null ? null : DataFile.of(train),
          null,
          evaluation == null ? null : DataFile.of(evaluation),
          null,
          null,
          List.of(),
          trainExamples,
          evaluationExamples,
          maxSequenceLength,
          QuestionSettings.DEFAULT,
          seed);
    }
  }

  /**
   * A file and what of it is used.
   *
   * @param files the file; several for a table that is spread over Parquet files
   * @param part the rows or paragraphs
   */
  public record DataFile(List<Path> files, Part part) {
    /** Copies the list and checks that there is a file. */
    public DataFile {
      files = List.copyOf(files);
      if (files.isEmpty()) {
        throw new IllegalArgumentException("no file");
      }
    }

    /** A whole file. */
    public static DataFile of(Path file) {
      return new DataFile(List.of(file), Part.ALL);
    }
  }

  /**
   * A set that a model is judged on.
   *
   * @param suffix what is put behind the names of metrics
   * @param set the examples
   * @param decoder makes answers to questions; null when the task has none
   */
  public record Evaluation(String suffix, EncodedSet set, @Nullable AnswerDecoder decoder) {}

  /**
   * What was loaded.
   *
   * @param train what the model is trained on; the calibration set when no training set was asked
   *     for
   * @param calibration what ranges of activations are taken from; null for those of {@code train}
   * @param evaluations what it is judged on, the most important first
   * @param metrics names of the task's metrics, the one that is judged by default first
   * @param sharedExamples how many examples of the first evaluation set have a text that the
   *     training set has too, whatever its label; 0 for a twin, a few for SST-2
   * @param notes what a user should know of the sets
   */
  public record Loaded(
      EncodedSet train,
      @Nullable EncodedSet calibration,
      List<Evaluation> evaluations,
      List<String> metrics,
      int sharedExamples,
      List<String> notes) {
    /** Copies the lists. */
    public Loaded {
      evaluations = List.copyOf(evaluations);
      metrics = List.copyOf(metrics);
      notes = List.copyOf(notes);
    }

    /** The most important set that the model is judged on. */
    public EncodedSet evaluation() {
      return evaluations.get(0).set();
    }
  }

  /** The names of all tasks, those in files first. */
  public static List<String> names() {
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
   * @param request what to load
   * @param tokenizerJson content of the model's tokenizer.json
   * @throws ProblemException of kind configuration when there is no such task, when a task in files
   *     lacks a file or a twin is given one, when two sets are of the same rows, or when a number
   *     is out of range; of kind input when a file is missing or broken, with file and line, when
   *     calibration and evaluation have a text in common, or the tokenizer cannot be used
   */
  public static Loaded load(Request request, byte[] tokenizerJson) {
    String task = request.task();
    if (!names().contains(task)) {
      throw unknown(task);
    }
    List<Mistake> mistakes = check(request);
    if (!mistakes.isEmpty()) {
      throw new ProblemException(mistakes.stream().map(Mistake::problem).toList());
    }
    if (SquadLoading.NAMES.contains(task) || task.equals(SquadTwin.NAME)) {
      return SquadLoading.load(request, tokenizerJson);
    }
    // the encoder first: it fails in milliseconds, a file of millions of rows does not
    try (TextEncoder encoder = TextEncoder.create(tokenizerJson, request.maxSequenceLength())) {
      return TableLoading.load(request, encoder);
    }
  }

  /**
   * What is wrong with a request whatever its files hold: what a task does not read must not be
   * given to it, and what it needs must.
   *
   * @param request of a task that there is
   */
  public static List<Mistake> check(Request request) {
    String task = request.task();
    List<Mistake> mistakes = new ArrayList<>();
    boolean twin = Twins.NAMES.contains(task);
    files(request)
        .forEach(
            (key, file) -> {
              if (twin && file != null) {
                mistakes.add(
                    Mistake.contradiction(
                        key,
                        "task " + task + " is generated and reads no files",
                        "Leave it out, or choose a task that reads files."));
              }
            });
    if (!twin) {
      DataFile fitted = request.train() == null ? request.calibration() : request.train();
      needed(task, "data.train", fitted, mistakes);
      needed(task, "data.evaluation", request.evaluation(), mistakes);
    }
    if (request.evaluationMismatched() != null && !twin && !task.equals(GlueTasks.MNLI)) {
      mistakes.add(
          Mistake.contradiction(
              "data.evaluation_mismatched",
              "is for the task mnli, not for " + task,
              "Leave it out."));
    }
    if (!twin) {
      mistakes.addAll(Overlap.check(files(request)));
    }
    if (GenericTable.format(task).isPresent()) {
      mistakes.addAll(GenericTable.check(task, request.columns(), request.labels()));
    } else if (request.columns() != null || !request.labels().isEmpty()) {
      mistakes.add(
          Mistake.contradiction(
              request.columns() == null ? "data.labels" : "data.columns",
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
   * header that cannot be read. Nothing is said of nested files and of Parquet.
   *
   * @param request one that {@link #check} finds no fault with; sets that are null are left out
   */
  public static List<Problem> checkColumns(Request request) {
    if (Twins.NAMES.contains(request.task()) || SquadLoading.NAMES.contains(request.task())) {
      return List.of();
    }
    List<Problem> problems = new ArrayList<>();
    files(request)
        .forEach(
            (key, file) -> {
              if (file != null) {
                problems.addAll(TableLoading.checkColumns(request, file));
              }
            });
    return problems;
  }

  /** What a model of the task answers with; empty when only its files say so. */
  public static Optional<Head> head(Request request) {
    String task = request.task();
    if (GenericTable.format(task).isPresent()) {
      GenericTable.Columns columns = request.columns();
      return columns != null && columns.value() != null
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

  private static Map<String, @Nullable DataFile> files(Request request) {
    Map<String, @Nullable DataFile> files = new LinkedHashMap<>();
    files.put("data.train", request.train());
    files.put("data.calibration", request.calibration());
    files.put("data.evaluation", request.evaluation());
    files.put("data.evaluation_mismatched", request.evaluationMismatched());
    return files;
  }

  private static void needed(
      String task, String key, @Nullable DataFile file, List<Mistake> mistakes) {
    if (file == null) {
      mistakes.add(
          Mistake.missing(
              key,
              "is missing; task " + task + " reads files",
              "Add it, or choose the generated task "
                  + Optional.of(task + "-twin")
                      .filter(Twins.NAMES::contains)
                      .orElse(SentimentTwin.NAME)
                  + "."));
    }
  }

  /** A set that no decoder goes with. */
  static Evaluation plain(String suffix, EncodedSet set) {
    if (set.head() instanceof Head.Spans) {
      throw new IllegalArgumentException("spans need a decoder");
    }
    return new Evaluation(suffix, set, null);
  }

  private static ProblemException unknown(String name) {
    List<String> names = names();
    return ProblemException.of(
        ProblemKind.CONFIGURATION,
        "there is no task \"" + name + "\", there is " + String.join(", ", names),
        Suggestions.advice(name, names));
  }
}
