package dev.espalier.api.data;

/**
 * One tokenized example. The arrays are owned by the example and must not be changed.
 *
 * @param inputIds token ids with the special tokens, not padded
 * @param tokenTypeIds 0 for the first text, 1 for the second; as long as {@code inputIds}
 * @param label index of the class, from 0
 */
@SuppressWarnings("ArrayRecordComponent") // compared by identity only, millions of them
public record EncodedExample(int[] inputIds, int[] tokenTypeIds, int label) {
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

  /** The number of tokens. */
  public int length() {
    return inputIds.length;
  }
}
