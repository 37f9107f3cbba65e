package dev.espalier.api.data;

import java.util.List;

/**
 * Examples padded to the longest among them, as the models take them. All matrices are row-major
 * with {@code rows · columns} elements.
 *
 * @param rows number of examples
 * @param columns padded length in tokens
 * @param inputIds token ids, padded with 0
 * @param attentionMask 1 for a token, 0 for padding
 * @param tokenTypeIds 0 or 1, padded with 0
 * @param targets what the model should answer, one for each row
 */
@SuppressWarnings("ArrayRecordComponent") // a carrier of native-sized buffers, never compared
public record Batch(
    int rows,
    int columns,
    long[] inputIds,
    long[] attentionMask,
    long[] tokenTypeIds,
    List<Target> targets) {
  /** Copies the list. */
  public Batch {
    targets = List.copyOf(targets);
  }

  /** Pads {@code examples}, of which there must be at least one. */
  public static Batch of(List<EncodedExample> examples) {
    int rows = examples.size();
    int columns = examples.stream().mapToInt(EncodedExample::length).max().orElseThrow();
    long[] ids = new long[rows * columns];
    long[] mask = new long[rows * columns];
    long[] types = new long[rows * columns];
    for (int row = 0; row < rows; row++) {
      EncodedExample example = examples.get(row);
      for (int i = 0; i < example.length(); i++) {
        ids[row * columns + i] = example.inputIds()[i];
        mask[row * columns + i] = 1;
        types[row * columns + i] = example.tokenTypeIds()[i];
      }
    }
    return new Batch(
        rows, columns, ids, mask, types, examples.stream().map(EncodedExample::target).toList());
  }
}
