package dev.espalier.api.data;

/**
 * One tokenized example. The arrays are owned by the example and must not be changed.
 *
 * @param inputIds token ids with the special tokens, not padded
 * @param tokenTypeIds 0 for the first text, 1 for the second; as long as {@code inputIds}
 * @param target what the model should answer
 */
@SuppressWarnings("ArrayRecordComponent") // compared by identity only, millions of them
public record EncodedExample(int[] inputIds, int[] tokenTypeIds, Target target) {
  /** Checks that both arrays have the same length. */
  public EncodedExample {
    if (inputIds.length == 0 || inputIds.length != tokenTypeIds.length) {
      throw new IllegalArgumentException(
          "an example needs as many token types as ids, found "
              + inputIds.length
              + " and "
              + tokenTypeIds.length);
    }
  }

  /** An example of a class, by the index of the class. */
  public EncodedExample(int[] inputIds, int[] tokenTypeIds, int label) {
    this(inputIds, tokenTypeIds, new Target.Label(label));
  }

  /** The number of tokens. */
  public int length() {
    return inputIds.length;
  }

  /**
   * The index of the class.
   *
   * @throws IllegalStateException when the target is not a class
   */
  public int label() {
    if (target instanceof Target.Label label) {
      return label.index();
    }
    throw new IllegalStateException("the target is not a class but " + target);
  }
}
