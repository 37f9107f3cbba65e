package dev.espalier.core.data;

import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.data.Head;
import dev.espalier.api.problem.Problem;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads or generates the data of a task and tokenizes it. */
public interface TaskSource {
  /**
   * What to read.
   *
   * @param task name of the task, for instance sst-2, or the name of a synthetic twin
   * @param train training file, or null for a synthetic twin
   * @param calibration what ranges of activations are taken from, or null for training examples
   * @param evaluation evaluation file, or null for a synthetic twin
   * @param evaluationMismatched MNLI's second evaluation file, or null
   * @param columns where a file of the user's own has text and label
   * @param labels its classes in the order of their index; empty for alphabetical order
   * @param trainExamples how many training examples a twin generates; 0 for the twin's default
   * @param evaluationExamples how many evaluation examples a twin generates; 0 for its default
   * @param maxSequenceLength longest input in tokens, special tokens included; longer ones are cut
   * @param questions how questions are put and answers read
   * @param seed decides a twin's content
   */
  record Request(
      String task,
      @Nullable DataFile train,
      @Nullable DataFile calibration,
      @Nullable DataFile evaluation,
      @Nullable DataFile evaluationMismatched,
      Columns columns,
      List<String> labels,
      int trainExamples,
      int evaluationExamples,
      int maxSequenceLength,
      Questions questions,
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
          train == null ? null : new DataFile(train.toString(), null),
          null,
          evaluation == null ? null : new DataFile(evaluation.toString(), null),
          null,
          Columns.NONE,
          List.of(),
          trainExamples,
          evaluationExamples,
          maxSequenceLength,
          Questions.DEFAULT,
          seed);
    }
  }

  /**
   * A file, or a data set of the hub, and what of it is used.
   *
   * @param reference a path, or {@code hf-dataset:} and a name
   * @param part rows or paragraphs, such as 1-200; null for all
   */
  record DataFile(String reference, @Nullable String part) {}

  /**
   * Columns by their names.
   *
   * @param text the text, or the first of two
   * @param textPair the second text, or null
   * @param label the class, or null
   * @param value the number to predict, or null
   */
  record Columns(
      @Nullable String text,
      @Nullable String textPair,
      @Nullable String label,
      @Nullable String value) {
    /** None, for tasks that know their own. */
    public static final Columns NONE = new Columns(null, null, null, null);
  }

  /**
   * How questions are put to a model, and answers read from it.
   *
   * @param docStride tokens from one window over a paragraph to the next
   * @param maxQueryLength longest question in tokens
   * @param nBestSize likeliest first and last tokens that are looked at in each window
   * @param maxAnswerLength longest answer in tokens
   * @param nullScoreDiffThreshold no answer is given when it is likelier by more than this
   */
  record Questions(
      int docStride,
      int maxQueryLength,
      int nBestSize,
      int maxAnswerLength,
      double nullScoreDiffThreshold) {
    /** Those of the reference scripts. */
    public static final Questions DEFAULT = new Questions(128, 64, 20, 30, 0);
  }

  /**
   * What was read.
   *
   * @param train what the model is trained on
   * @param ownCalibration what ranges of activations are taken from; null for training examples
   * @param evaluations what it is judged on, the most important first
   * @param metrics names of the task's metrics, the one that is judged by default first
   * @param notes what a user should know of the sets
   */
  record TaskData(
      EncodedSet train,
      @Nullable EncodedSet ownCalibration,
      List<EvaluationSet> evaluations,
      List<String> metrics,
      List<String> notes) {
    /** Copies the lists and checks that there is something in them. */
    public TaskData {
      evaluations = List.copyOf(evaluations);
      metrics = List.copyOf(metrics);
      notes = List.copyOf(notes);
      if (evaluations.isEmpty() || metrics.isEmpty()) {
        throw new IllegalArgumentException("a task needs a set to be judged on, and a metric");
      }
    }

    /** Sets of which there is nothing to tell. */
    public TaskData(
        EncodedSet train,
        @Nullable EncodedSet ownCalibration,
        List<EvaluationSet> evaluations,
        List<String> metrics) {
      this(train, ownCalibration, evaluations, metrics, List.of());
    }

    /** A task that is judged on one set, by its accuracy. */
    public TaskData(EncodedSet train, EncodedSet evaluation) {
      this(train, null, List.of(new EvaluationSet(evaluation)), List.of("accuracy"));
    }

    /** The examples that calibration chooses from. */
    public EncodedSet calibration() {
      return ownCalibration == null ? train : ownCalibration;
    }

    /** What the model is answering with. */
    public Head head() {
      return train.head();
    }
  }

  /**
   * Reads and tokenizes all sets.
   *
   * @param tokenizerJson the model's tokenizer
   * @throws dev.espalier.api.problem.ProblemException with file and line when a file is missing or
   *     a row is broken, or when the task does not exist, listing those that do
   */
  TaskData load(Request request, byte[] tokenizerJson);

  /**
   * What is wrong with a request whatever its files hold, each with its key and without a location;
   * in milliseconds and without reading a file.
   *
   * @param request of a task that there is
   */
  default List<Problem> check(Request request) {
    return List.of();
  }

  /**
   * What the first rows of the files say to be wrong, such as a column that is missing.
   *
   * @param request one that {@link #check} finds no fault with; files that are not there, or
   *     elsewhere, are passed by
   */
  default List<Problem> checkColumns(Request request) {
    return List.of();
  }

  /**
   * What a model of the task answers with; empty when only its files say so.
   *
   * @param request one that {@link #check} finds no fault with
   */
  default Optional<Head> head(Request request) {
    return Optional.empty();
  }

  /** The tasks that there are; empty when that cannot be listed. */
  default List<String> names() {
    return List.of();
  }
}
