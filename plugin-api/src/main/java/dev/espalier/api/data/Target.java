package dev.espalier.api.data;

/** What a model should answer to one example. */
public sealed interface Target {
  /**
   * A class.
   *
   * @param index of the class, from 0
   */
  record Label(int index) implements Target {}

  /**
   * A number.
   *
   * @param value in the task's own unit
   */
  record Value(double value) implements Target {}

  /**
   * A stretch of the example's tokens.
   *
   * @param start index of the first token, special tokens counted; 0, the first special token, when
   *     the example holds no answer
   * @param end index of the last token; likewise
   */
  record Span(int start, int end) implements Target {}
}
