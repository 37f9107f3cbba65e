package dev.espalier.tuner.prepare;

import dev.espalier.api.data.EncodedExample;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.core.data.TaskSource.TaskData;
import dev.espalier.core.model.Architecture;
import dev.espalier.core.model.BertArchitecture;
import dev.espalier.core.model.PretrainedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a model can take in: token ids up to the rows of its word embeddings, and as many tokens as
 * it has positions. Of a model that brings its own program neither is known.
 *
 * @param model how the user calls it
 * @param vocabulary what its token ids stand for
 * @param architecture its shape
 */
public record InputLimits(String model, Vocabulary vocabulary, Architecture architecture) {
  /** Of a model with its tokenizer. */
  static InputLimits of(PretrainedModel model) {
    return new InputLimits(model.reference(), Vocabulary.of(model), model.weights().architecture());
  }

  /**
   * What is wrong with showing it {@code sets}.
   *
   * @param key the key that names the model, or null when none does
   * @param at where it is named
   */
  public List<Problem> problems(@Nullable String key, Location at, List<EncodedSet> sets) {
    List<Problem> problems = new ArrayList<>();
    rows()
        .flatMap(rows -> vocabulary.beyond(rows, sets))
        .ifPresent(
            what ->
                problems.add(
                    problem(
                        at,
                        key,
                        what,
                        "The tokenizer is that of another model, or tokens were added to it and the"
                            + " embeddings were not made larger (in Python:"
                            + " resize_token_embeddings).")));
    int positions = architecture.longestInput();
    int longest =
        sets.stream()
            .flatMap(set -> set.examples().stream())
            .mapToInt(EncodedExample::length)
            .max()
            .orElse(0);
    if (longest > positions) {
      problems.add(
          problem(
              at,
              key,
              model
                  + " has positions for "
                  + positions
                  + " tokens, and the longest text of the data has "
                  + longest,
              "Maybe data.max_sequence_length of at most "
                  + positions
                  + " is meant, or a model with more positions."));
    }
    return problems;
  }

  /** What a user should know of tokens that it has no row for. */
  List<String> notes() {
    return rows().map(rows -> vocabulary.notes(model, rows)).orElse(List.of());
  }

  private Optional<Integer> rows() {
    return architecture instanceof BertArchitecture bert
        ? Optional.of(bert.vocabularySize())
        : Optional.empty();
  }

  private static Problem problem(Location at, @Nullable String key, String what, String advice) {
    return new Problem(ProblemKind.INPUT, ProblemCode.CONTRADICTION, at, key, what, advice);
  }

  /** Everything that a run shows a model. */
  public static List<EncodedSet> all(TaskData data) {
    return Stream.concat(
            Stream.of(data.train(), data.calibration()),
            data.evaluations().stream().map(each -> each.set()))
        .toList();
  }
}
