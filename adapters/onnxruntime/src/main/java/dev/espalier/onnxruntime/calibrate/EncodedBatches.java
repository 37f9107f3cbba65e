package dev.espalier.onnxruntime.calibrate;

import dev.espalier.api.data.Batch;
import dev.espalier.api.data.Batching;
import dev.espalier.api.data.EncodedSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Batches of a tokenized set as a BERT model reads them. Examples of similar length are together,
 * so that little of what is observed is padding, and batches are shuffled, so that a moving average
 * doesn't end on the longest.
 */
public final class EncodedBatches implements CalibrationBatches {
  private final EncodedSet set;
  private final List<int[]> batches;

  /**
   * Cuts a set.
   *
   * @param batchSize examples per batch, at least 1
   * @param seed of the order
   */
  public EncodedBatches(EncodedSet set, int batchSize, long seed) {
    this.set = set;
    this.batches = Batching.shuffled(set, batchSize, seed, 0);
  }

  @Override
  public Iterator<Map<String, OnnxInput>> iterator() {
    return batches.stream().map(indices -> inputs(Batching.pad(set, indices))).iterator();
  }

  private static Map<String, OnnxInput> inputs(Batch batch) {
    return Map.of(
        "input_ids", longs(batch, batch.inputIds()),
        "attention_mask", longs(batch, batch.attentionMask()),
        "token_type_ids", longs(batch, batch.tokenTypeIds()));
  }

  private static OnnxInput longs(Batch batch, long[] values) {
    return new OnnxInput.Longs(values, batch.rows(), batch.columns());
  }
}
