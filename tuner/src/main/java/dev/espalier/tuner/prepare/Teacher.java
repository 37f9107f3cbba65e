package dev.espalier.tuner.prepare;

import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.data.Head;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.config.Configuration;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.core.model.BertArchitecture;
import dev.espalier.core.model.Heads;
import dev.espalier.core.model.PretrainedModel;
import dev.espalier.core.model.PretrainedModels;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.core.training.Distillation;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A model that others learn from, checked to answer the same questions in the same order.
 *
 * @param reference how the configuration names it
 * @param weights with the head
 * @param identity tells it from other teachers
 * @param fileHashes SHA-256 of the files beside its weights, by name
 * @param notes what a user should know of it, a sentence each
 */
public record Teacher(
    String reference,
    TransformerWeights weights,
    String identity,
    SortedMap<String, String> fileHashes,
    List<String> notes) {
  private static final String KEY = "distillation.teacher";

  /** Copies list and map. */
  public Teacher {
    fileHashes = Collections.unmodifiableSortedMap(new TreeMap<>(fileHashes));
    notes = List.copyOf(notes);
  }

  /** The run's own dense baseline. */
  public static Teacher baseline(TransformerWeights weights) {
    return new Teacher(
        Configuration.Distillation.BASELINE,
        weights,
        Configuration.Distillation.BASELINE,
        new TreeMap<>(),
        List.of());
  }

  /** A model with a random head: it answers as slowly as a trained one. */
  public static Teacher untrained(TransformerWeights weights, Head head) {
    return new Teacher("untrained", Heads.with(weights, head, 0), "", new TreeMap<>(), List.of());
  }

  /**
   * Loads the teacher that the configuration names.
   *
   * @param student what learns
   * @param taught the examples that it is asked for
   * @return empty when there is no distillation, or when the baseline is the teacher
   * @throws ProblemException of kind CONFIGURATION when the teacher cannot teach this student, of
   *     kind INPUT when it cannot take the examples in
   */
  static Optional<Teacher> load(
      ResolvedConfiguration resolved,
      PretrainedModels models,
      PretrainedModel student,
      EncodedSet taught) {
    Head head = taught.head();
    Configuration.Distillation asked = resolved.configuration().distillation();
    if (asked == null || asked.teacher().equals(Configuration.Distillation.BASELINE)) {
      return Optional.empty();
    }
    PretrainedModel loaded = models.load(asked.teacher());
    Location at = resolved.locate(KEY);
    checkTokenizers(loaded, student, at);
    TransformerWeights weights = loaded.weights();
    if (!(weights.architecture() instanceof BertArchitecture bert)) {
      throw wrong(
          at,
          asked.teacher() + " is TorchScript, which teaches as a baseline only",
          "Name a Hugging Face folder, or the baseline.");
    }
    List<Problem> contradictions = DeclaredTask.problems(loaded, head);
    if (!contradictions.isEmpty()) {
      throw new ProblemException(contradictions);
    }
    String prefix = bert.family().head(head);
    @Nullable Tensor last = weights.tensors().get(prefix + ".weight");
    if (last == null || last.shape()[0] != head.outputs()) {
      throw wrong(
          at,
          last == null
              ? asked.teacher() + " has no " + prefix + ", so it cannot teach"
              : asked.teacher()
                  + " answers with "
                  + last.shape()[0]
                  + " values, the task with "
                  + head.outputs(),
          "Name a model that was fine-tuned for this task, or the baseline.");
    }
    List<String> missing = Heads.missing(weights, head);
    if (!missing.isEmpty()) {
      throw wrong(
          at,
          asked.teacher() + " has no " + String.join(", no ", missing) + ", so it cannot teach",
          "Name a model that was fine-tuned for this task, or the baseline.");
    }
    if (asked.hiddenStates() > 0 && bert.hiddenSize() != student.weights().bert().hiddenSize()) {
      throw wrong(
          at,
          asked.teacher()
              + "'s hidden states have "
              + bert.hiddenSize()
              + " values, the student's "
              + student.weights().bert().hiddenSize(),
          "Set distillation.hidden_states to 0: answers alone can be learnt from any width.");
    }
    List<Problem> limits = InputLimits.of(loaded).problems(KEY, at, List.of(taught));
    if (!limits.isEmpty()) {
      throw new ProblemException(limits);
    }
    if (!(head instanceof Head.Classification classes)) {
      return Optional.of(
          new Teacher(asked.teacher(), weights, loaded.sha256(), loaded.fileHashes(), List.of()));
    }
    ClassOrder order = order(asked.teacher(), loaded.labels(), classes.labels(), at);
    return Optional.of(
        new Teacher(
            asked.teacher(),
            order.applied(weights),
            loaded.sha256(),
            loaded.fileHashes(),
            order.notes(asked.teacher())));
  }

  /** What a training needs to know of it. */
  public Distillation teaching(Configuration.Distillation asked) {
    return new Distillation(
        reference,
        weights,
        identity,
        asked.temperature(),
        asked.alphaDistil(),
        asked.alphaCe(),
        asked.hiddenStates());
  }

  /** Token ids must mean the same to both. */
  private static void checkTokenizers(
      PretrainedModel teacher, PretrainedModel student, Location at) {
    if (!Arrays.equals(teacher.tokenizerJson(), student.tokenizerJson())
        && !Vocabulary.of(teacher).agreesWith(Vocabulary.of(student))) {
      throw wrong(
          at,
          teacher.reference() + " has another vocabulary than " + student.reference(),
          "A teacher must read the same tokens as its student: name one with the same tokenizer.");
    }
  }

  /** The order of its classes, which must be known. */
  private static ClassOrder order(
      String teacher, List<String> taught, List<String> wanted, Location at) {
    ClassOrder order = ClassOrder.of(taught, wanted);
    return switch (order.kind()) {
      case SAME, PERMUTED -> order;
      case UNKNOWN, OTHER ->
          throw wrong(
              at,
              taught.isEmpty()
                  ? teacher + " does not name its classes, so their order is not known"
                  : order.difference(teacher),
              "The names come from id2label in the teacher's config.json: correct them there if"
                  + " only they differ; they may be in any order.");
    };
  }

  private static ProblemException wrong(Location at, String message, String advice) {
    return ProblemException.of(Problem.of(ProblemCode.CONTRADICTION, KEY, message, advice).at(at));
  }
}
