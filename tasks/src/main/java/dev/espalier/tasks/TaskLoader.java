package dev.espalier.tasks;

import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.api.problem.Suggestions;
import dev.espalier.tasks.glue.GlueReader;
import dev.espalier.tasks.glue.GlueTask;
import dev.espalier.tasks.text.LabelledText;
import dev.espalier.tasks.text.LabelledTexts;
import dev.espalier.tasks.text.TextEncoder;
import dev.espalier.tasks.twin.SentimentTwin;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads or generates the data of a task and tokenizes it. */
public final class TaskLoader {
  private static final int SUGGESTED = 1;

  private TaskLoader() {}

  /**
   * What to load.
   *
   * @param task name of the task, one of {@link #names}
   * @param train training file, or null for a synthetic twin
   * @param evaluation evaluation file, or null for a synthetic twin
   * @param trainExamples how many training examples a twin generates; 0 for the twin's default;
   *     tasks in files do not use it
   * @param evaluationExamples how many evaluation examples a twin generates; likewise
   * @param maxSequenceLength longest input in tokens, special tokens included; longer ones are cut
   * @param seed decides a twin's content
   */
  public record Request(
      String task,
      @Nullable Path train,
      @Nullable Path evaluation,
      int trainExamples,
      int evaluationExamples,
      int maxSequenceLength,
      long seed) {}

  /**
   * What was loaded.
   *
   * @param train what the model is trained on
   * @param evaluation what it is judged on
   * @param sharedExamples how many evaluation examples have a text that the training set has too,
   *     whatever its label; 0 for a twin, a few for SST-2
   */
  public record Loaded(EncodedSet train, EncodedSet evaluation, int sharedExamples) {}

  /** The names of all tasks, those in files first. */
  public static List<String> names() {
    return Stream.concat(GlueTask.ALL.stream().map(GlueTask::name), Stream.of(SentimentTwin.NAME))
        .toList();
  }

  /**
   * Loads both sets.
   *
   * @param request what to load
   * @param tokenizerJson content of the model's tokenizer.json
   * @throws ProblemException of kind configuration when there is no such task, when a task in files
   *     lacks a file or a twin is given one, or when a number is out of range; of kind input when a
   *     file is missing or broken, with file and line, or the tokenizer cannot be used
   */
  public static Loaded load(Request request, byte[] tokenizerJson) {
    // the encoder first: it fails in milliseconds, a file of millions of rows does not
    try (TextEncoder encoder = TextEncoder.create(tokenizerJson, request.maxSequenceLength())) {
      return request.task().equals(SentimentTwin.NAME)
          ? twin(request, encoder)
          : glue(request, encoder);
    }
  }

  private static Loaded twin(Request request, TextEncoder encoder) {
    if (request.train() != null || request.evaluation() != null) {
      throw ProblemException.of(
          ProblemKind.CONFIGURATION,
          "task " + SentimentTwin.NAME + " is generated and reads no files",
          "leave the files out, or choose a task that reads them");
    }
    SentimentTwin.Sets sets =
        SentimentTwin.generate(
            request.trainExamples(), request.evaluationExamples(), request.seed());
    return encoded(sets.train(), sets.evaluation(), SentimentTwin.LABELS, encoder);
  }

  private static Loaded glue(Request request, TextEncoder encoder) {
    GlueTask task = GlueTask.find(request.task()).orElseThrow(() -> unknown(request.task()));
    Path train = needed(task, "training", request.train());
    Path evaluation = needed(task, "evaluation", request.evaluation());
    // the smaller file first, so that a mistake in it does not wait for the larger one
    LabelledTexts evaluationTexts = GlueReader.read(task, evaluation);
    LabelledTexts trainTexts = GlueReader.read(task, train);
    return encoded(trainTexts, evaluationTexts, task.labels(), encoder);
  }

  private static Loaded encoded(
      LabelledTexts train, LabelledTexts evaluation, List<String> labels, TextEncoder encoder) {
    return new Loaded(
        encoded("train", train, labels, encoder),
        encoded("evaluation", evaluation, labels, encoder),
        shared(train, evaluation));
  }

  private static EncodedSet encoded(
      String name, LabelledTexts texts, List<String> labels, TextEncoder encoder) {
    return new EncodedSet(
        name, texts.source(), texts.sha256(), labels, encoder.encode(texts.examples()));
  }

  private static int shared(LabelledTexts train, LabelledTexts evaluation) {
    Set<LabelledText> known =
        train.examples().stream().map(LabelledText::withoutLabel).collect(Collectors.toSet());
    return (int)
        evaluation.examples().stream()
            .map(LabelledText::withoutLabel)
            .filter(known::contains)
            .count();
  }

  private static Path needed(GlueTask task, String which, @Nullable Path file) {
    if (file == null) {
      throw ProblemException.of(
          ProblemKind.CONFIGURATION,
          "task " + task.name() + " reads files, but no " + which + " file is given",
          "name both files, or choose the generated task " + SentimentTwin.NAME);
    }
    return file;
  }

  private static ProblemException unknown(String name) {
    List<String> names = names();
    return ProblemException.of(
        ProblemKind.CONFIGURATION,
        "there is no task \"" + name + "\", there is " + String.join(", ", names),
        "did you mean " + Suggestions.nearest(name, names, SUGGESTED).get(0) + "?");
  }
}
