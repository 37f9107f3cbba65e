package dev.espalier.tuner.port;

import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.data.Head;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads or generates the data of a task and tokenizes it. */
public interface TaskSource {
  /**
   * What to read.
   *
   * @param task name of the task, for instance sst-2, or the name of a synthetic twin
   * @param train training file, or null for a synthetic twin
   * @param evaluation evaluation file, or null for a synthetic twin
   * @param trainExamples how many training examples a twin generates; 0 for the twin's default
   * @param evaluationExamples how many evaluation examples a twin generates; 0 for its default
   * @param maxSequenceLength longest input in tokens, special tokens included; longer ones are cut
   * @param seed decides a twin's content
   */
  record Request(
      String task,
      @Nullable Path train,
      @Nullable Path evaluation,
      int trainExamples,
      int evaluationExamples,
      int maxSequenceLength,
      long seed) {}

  /**
   * What was read.
   *
   * @param train what the model is trained on
   * @param evaluations what it is judged on, the most important first
   * @param metrics names of the task's metrics, the one that is judged by default first
   */
  record TaskData(EncodedSet train, List<EvaluationSet> evaluations, List<String> metrics) {
    /** Copies the lists and checks that there is something in them. */
    public TaskData {
      evaluations = List.copyOf(evaluations);
      metrics = List.copyOf(metrics);
      if (evaluations.isEmpty() || metrics.isEmpty()) {
        throw new IllegalArgumentException("a task needs a set to be judged on, and a metric");
      }
    }

    /** A task that is judged on one set, by its accuracy. */
    public TaskData(EncodedSet train, EncodedSet evaluation) {
      this(train, List.of(new EvaluationSet(evaluation)), List.of("accuracy"));
    }

    /** What the model is answering with. */
    public Head head() {
      return train.head();
    }
  }

  /**
   * Reads and tokenizes both sets.
   *
   * @param tokenizerJson the model's tokenizer
   * @throws dev.espalier.api.problem.ProblemException with file and line when a file is missing or
   *     a row is broken, or when the task does not exist, listing those that do
   */
  TaskData load(Request request, byte[] tokenizerJson);

  /** The tasks that there are; empty when that cannot be listed. */
  default List<String> names() {
    return List.of();
  }
}
