package dev.espalier.api.metric;

import java.util.List;

/** Makes answers to questions of what a model says about the tokens of each example. */
@FunctionalInterface
public interface AnswerDecoder {
  /**
   * The answer to every question of the set.
   *
   * @param start how likely each token begins an answer: one row per example in the order of the
   *     set, with at least as many columns as it has tokens; rows may be missing at the end
   * @param end how likely each token ends one
   */
  List<AnsweredQuestion> decode(float[][] start, float[][] end);
}
