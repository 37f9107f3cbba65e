package dev.espalier.api.metric;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A question and what a model answered.
 *
 * @param id the question's name in its file
 * @param answer the answer, empty when the model says that there is none; null when it said nothing
 * @param best the best answer that is not empty, whatever the model makes of it; likewise null
 * @param noAnswer how much more likely no answer is than {@code best}, as a difference of logits
 * @param accepted the answers that count as right; empty when the question has none
 */
public record AnsweredQuestion(
    String id,
    @Nullable String answer,
    @Nullable String best,
    double noAnswer,
    List<String> accepted) {
  /** Copies the list. */
  public AnsweredQuestion {
    accepted = List.copyOf(accepted);
  }
}
