package dev.espalier.api.data;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** How a data set is cut into batches. */
public final class Batching {
  /** How many batches are sorted by length together: long enough to save most of the padding. */
  private static final int BATCHES_PER_BUCKET = 50;

  private Batching() {}

  /** The number of batches of one pass, the last one possibly smaller than the others. */
  public static int batchesPerEpoch(int examples, int batchSize) {
    return (examples + batchSize - 1) / batchSize;
  }

  /**
   * The batches of one training epoch as indices into the set: shuffled, but with examples of
   * similar length together, so that little of a batch is padding.
   *
   * <p>The order is a function of its arguments alone, so a resumed run sees the same batches.
   *
   * @param set what to cut
   * @param batchSize examples per batch; the last batch of an epoch may be smaller
   * @param seed the run's seed
   * @param epoch the epoch, from 0
   */
  public static List<int[]> shuffled(EncodedSet set, int batchSize, long seed, int epoch) {
    Random random = new Random(seed * 1_000_003L + epoch);
    List<Integer> order = new ArrayList<>(IntStream.range(0, set.size()).boxed().toList());
    Collections.shuffle(order, random);
    int bucket = batchSize * BATCHES_PER_BUCKET;
    List<int[]> batches = new ArrayList<>(batchesPerEpoch(set.size(), batchSize));
    for (int from = 0; from < order.size(); from += bucket) {
      List<Integer> similar = order.subList(from, Math.min(order.size(), from + bucket));
      similar.sort(Comparator.comparingInt(i -> set.examples().get(i).length()));
      cut(similar, batchSize, batches);
    }
    Collections.shuffle(batches, random);
    return batches;
  }

  /**
   * All examples sorted by length, for evaluation.
   *
   * @return indices into the set; each example appears once
   */
  public static List<int[]> byLength(EncodedSet set, int batchSize) {
    List<Integer> order =
        IntStream.range(0, set.size())
            .boxed()
            .sorted(Comparator.comparingInt(i -> set.examples().get(i).length()))
            .toList();
    List<int[]> batches = new ArrayList<>(batchesPerEpoch(set.size(), batchSize));
    cut(order, batchSize, batches);
    return batches;
  }

  /** The examples at {@code indices}, padded. */
  public static Batch pad(EncodedSet set, int[] indices) {
    return Batch.of(IntStream.of(indices).mapToObj(set.examples()::get).toList());
  }

  private static void cut(List<Integer> order, int batchSize, List<int[]> batches) {
    for (int from = 0; from < order.size(); from += batchSize) {
      List<Integer> part = order.subList(from, Math.min(order.size(), from + batchSize));
      batches.add(part.stream().mapToInt(Integer::intValue).toArray());
    }
  }
}
