package dev.espalier.tasks.squad;

/**
 * How questions are put to a model, and answers read from it. The defaults are those of the
 * reference scripts.
 *
 * @param docStride tokens from the beginning of one window over a long paragraph to the next
 * @param maxQueryLength longest question in tokens; the rest is cut off
 * @param nBestSize how many of the likeliest first and last tokens are looked at in each window
 * @param maxAnswerLength longest answer in tokens
 * @param nullScoreDiffThreshold no answer is given when it is more likely by more than this
 */
public record QuestionSettings(
    int docStride,
    int maxQueryLength,
    int nBestSize,
    int maxAnswerLength,
    double nullScoreDiffThreshold) {
  /** The reference's. */
  public static final QuestionSettings DEFAULT = new QuestionSettings(128, 64, 20, 30, 0);
}
