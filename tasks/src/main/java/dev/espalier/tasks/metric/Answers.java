package dev.espalier.tasks.metric;

/** A classifier's answers. */
final class Answers {
  private Answers() {}

  /**
   * The class that each row of logits names: the index of the largest value, of equal ones the
   * lowest, as with NumPy's argmax; −1 for a row without a number.
   *
   * @throws IllegalArgumentException when there is no example, or not one label per row
   */
  static int[] of(String metric, float[][] logits, int[] labels) {
    if (logits.length == 0 || logits.length != labels.length) {
      throw new IllegalArgumentException(
          metric
              + " needs one label per row of logits, found "
              + labels.length
              + " labels and "
              + logits.length
              + " rows");
    }
    int[] answers = new int[logits.length];
    for (int i = 0; i < answers.length; i++) {
      answers[i] = argmax(logits[i]);
    }
    return answers;
  }

  private static int argmax(float[] values) {
    int best = -1;
    for (int i = 0; i < values.length; i++) {
      if (!Float.isNaN(values[i]) && (best < 0 || values[i] > values[best])) {
        best = i;
      }
    }
    return best;
  }
}
