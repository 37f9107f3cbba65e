package dev.espalier.api.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BatchingTest {
  private static final long SEED = 7;

  @ParameterizedTest(name = "{0} examples by {1}: {2} batches")
  @CsvSource({"1, 1, 1", "1, 32, 1", "32, 32, 1", "33, 32, 2", "67349, 32, 2105", "10, 3, 4"})
  void countsTheBatches(int examples, int batchSize, int batches) {
    assertThat(Batching.batchesPerEpoch(examples, batchSize)).isEqualTo(batches);
  }

  @ParameterizedTest(name = "{0} examples by {1}")
  @CsvSource({"1, 1", "1, 32", "7, 3", "32, 32", "33, 32", "1600, 32", "1601, 32", "5000, 16"})
  void showsEveryExampleOnce(int examples, int batchSize) {
    EncodedSet set = set(examples);
    for (List<int[]> batches :
        List.of(Batching.shuffled(set, batchSize, SEED, 0), Batching.byLength(set, batchSize))) {
      assertThat(batches).hasSize(Batching.batchesPerEpoch(examples, batchSize));
      assertThat(batches).allSatisfy(batch -> assertThat(batch.length).isBetween(1, batchSize));
      assertThat(batches.stream().filter(batch -> batch.length < batchSize).count())
          .as("batches that are not full")
          .isLessThanOrEqualTo(1);
      assertThat(order(batches)).containsExactlyInAnyOrder(IntStream.range(0, examples).toArray());
    }
  }

  @Test
  void followsFromSeedAndEpochAlone() {
    EncodedSet set = set(500);
    int[] order = order(Batching.shuffled(set, 16, SEED, 3));

    assertThat(order(Batching.shuffled(set, 16, SEED, 3))).as("once more").isEqualTo(order);
    assertThat(order(Batching.shuffled(set, 16, SEED, 4))).as("next epoch").isNotEqualTo(order);
    assertThat(order(Batching.shuffled(set, 16, SEED + 1, 3))).as("other seed").isNotEqualTo(order);
  }

  /** With lengths from 3 to 60, as in SST-2, batches in random order are half padding. */
  @Test
  void putsSimilarLengthsTogether() {
    EncodedSet set = set(5_000);

    assertThat(padding(set, unsorted(5_000, 32))).as("in random order").isGreaterThan(0.4);
    assertThat(padding(set, Batching.shuffled(set, 32, SEED, 0))).as("shuffled").isLessThan(0.05);
    assertThat(padding(set, Batching.byLength(set, 32))).as("by length").isLessThan(0.01);
  }

  /** Otherwise training would see all short sentences first. */
  @Test
  void doesNotTrainFromShortToLong() {
    EncodedSet set = set(5_000);
    List<int[]> batches = Batching.shuffled(set, 32, SEED, 0);

    double[] lengths =
        batches.stream().mapToDouble(batch -> Batching.pad(set, batch).columns()).toArray();
    double half = lengths.length / 2.0;
    double first = Arrays.stream(lengths).limit((long) half).average().orElseThrow();
    double second = Arrays.stream(lengths).skip((long) half).average().orElseThrow();

    assertThat(first / second).isBetween(0.75, 1.33);
  }

  @Test
  void evaluatesFromShortToLongAndKeepsTheOrderOfEquals() {
    EncodedSet set = setOfLengths(4, 2, 4, 3, 2);
    assertThat(order(Batching.byLength(set, 2))).containsExactly(1, 4, 3, 0, 2);
  }

  @Test
  void padsTheExamplesAsked() {
    EncodedSet set = setOfLengths(4, 2, 3);

    Batch batch = Batching.pad(set, new int[] {2, 1});

    assertThat(batch.rows()).isEqualTo(2);
    assertThat(batch.columns()).isEqualTo(3);
    assertThat(batch.attentionMask()).containsExactly(1, 1, 1, 1, 1, 0);
    assertThat(batch.targets())
        .containsExactly(
            new Target.Label(2), new Target.Label(1)); // setOfLengths labels by position
  }

  private static EncodedSet set(int examples) {
    return setOfLengths(new Random(SEED).ints(examples, 3, 61).toArray());
  }

  private static EncodedSet setOfLengths(int... lengths) {
    List<EncodedExample> examples =
        IntStream.range(0, lengths.length)
            .mapToObj(i -> new EncodedExample(ones(lengths[i]), new int[lengths[i]], i))
            .toList();
    return new EncodedSet("train", "made here", "00", List.of("no", "yes"), examples);
  }

  private static int[] ones(int length) {
    int[] ids = new int[length];
    Arrays.fill(ids, 1);
    return ids;
  }

  private static List<int[]> unsorted(int examples, int batchSize) {
    return IntStream.range(0, Batching.batchesPerEpoch(examples, batchSize))
        .mapToObj(
            batch ->
                IntStream.range(batch * batchSize, Math.min(examples, (batch + 1) * batchSize))
                    .toArray())
        .toList();
  }

  private static double padding(EncodedSet set, List<int[]> batches) {
    long tokens = 0;
    long places = 0;
    for (int[] indices : batches) {
      Batch batch = Batching.pad(set, indices);
      tokens += Arrays.stream(batch.attentionMask()).sum();
      places += batch.attentionMask().length;
    }
    return 1 - (double) tokens / places;
  }

  private static int[] order(List<int[]> batches) {
    return batches.stream().flatMapToInt(Arrays::stream).toArray();
  }
}
