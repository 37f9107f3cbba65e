package dev.espalier.api.pruning;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class TopShareTest {
  private static final float NaN = Float.NaN;
  private static final float INFINITY = Float.POSITIVE_INFINITY;
  private static final float TINY = Float.MIN_VALUE; // the smallest denormal

  private final TopShare topShare = new TopShare();

  @ParameterizedTest(name = "{0} of {1}: {2}")
  @CsvSource({
    "0,     7, 0",
    "1,     7, 7",
    "0.5,   7, 4", // 3.5 rounds up
    "0.15, 10, 2", // 1.5 rounds up
    "0.14, 10, 1",
    "0.1, 147456, 14746", // 14,745.6: a query matrix of MiniLM
    "0.03, 2359296, 70779", // 70,778.88: a feed-forward matrix of BERT-base
    "1, 2147483647, 2147483647",
  })
  void countsByRounding(double density, int size, int keep) {
    assertThat(TopShare.count(density, size)).isEqualTo(keep);
  }

  @Test
  void keepsTheLargest() {
    assertThat(mask(2, 0.5f, -3f, 2f, 1f)).containsExactly(0, 0, 1, 1);
  }

  @Test
  void keepsNoneWhenNoneAreAskedFor() {
    assertThat(mask(0, 1f, 2f, 3f)).containsExactly(0, 0, 0);
  }

  @Test
  void keepsAllWhenAllAreAskedFor() {
    assertThat(mask(3, 1f, 2f, 3f)).containsExactly(1, 1, 1);
  }

  @Test
  void keepsTheFirstOfEquals() {
    assertThat(mask(3, 1f, 2f, 1f, 1f, 2f)).containsExactly(1, 1, 0, 0, 1);
  }

  @ParameterizedTest
  @ValueSource(floats = {0f, -0f, 1f, -1f, TINY, -TINY, Float.MAX_VALUE, INFINITY, -INFINITY})
  void keepsTheFirstWhenAllAreEqual(float value) {
    for (int keep = 0; keep <= 5; keep++) {
      float[] expected = new float[5];
      Arrays.fill(expected, 0, keep, 1f);
      assertThat(mask(keep, value, value, value, value, value)).isEqualTo(expected);
    }
  }

  @Test
  void takesNegativeZeroForZero() {
    assertThat(mask(1, -0f, 0f)).containsExactly(1, 0);
    assertThat(mask(1, 0f, -0f)).containsExactly(1, 0);
    assertThat(mask(2, -1f, -0f, 0f, -0f)).containsExactly(0, 1, 1, 0);
  }

  /** Each value is the next one's better, whichever cut is asked for. */
  @Test
  void ordersEveryKindOfNumber() {
    float[] falling = {
      INFINITY,
      Float.MAX_VALUE,
      1f,
      Float.MIN_NORMAL,
      2 * TINY,
      TINY,
      0f,
      -TINY,
      -2 * TINY,
      -Float.MIN_NORMAL,
      -1f,
      -Float.MAX_VALUE,
      -INFINITY,
    };
    for (int keep = 0; keep <= falling.length; keep++) {
      float[] expected = new float[falling.length];
      Arrays.fill(expected, 0, keep, 1f);
      assertThat(mask(keep, falling)).as("keep %d", keep).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void refusesNaNWhateverIsKept(int keep) {
    assertThatThrownBy(() -> mask(keep, 1f, 2f, NaN))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the importance of element 2 is NaN");
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 4})
  void refusesToKeepWhatIsNotThere(int keep) {
    assertThatThrownBy(() -> mask(keep, 1f, 2f, 3f))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("keep must lie in [0, 3], found " + keep);
  }

  @Test
  void remembersNothingOfTheCallBefore() {
    mask(2, 5f, 6f, 7f, 8f);
    assertThatThrownBy(() -> mask(1, 9f, NaN)).isInstanceOf(IllegalArgumentException.class);
    assertThat(mask(1, 1f, 0f)).containsExactly(1, 0);
  }

  @Test
  void doesNotChangeTheImportance() {
    float[] importance = {-0f, 2f, 1f};
    float[] before = importance.clone();
    topShare.select(importance, 2, new float[3]);
    assertThat(importance).isEqualTo(before);
  }

  /** All arrays of up to six elements over three values, with every count. */
  @Test
  void agreesWithASortForAllSmallArrays() {
    for (int size = 1; size <= 6; size++) {
      for (int code = 0; code < Math.pow(3, size); code++) {
        float[] importance = new float[size];
        for (int i = 0, rest = code; i < size; i++, rest /= 3) {
          importance[i] = rest % 3 - 1f;
        }
        for (int keep = 0; keep <= size; keep++) {
          assertKeepsWhatASortKeeps(importance, keep, "all small arrays");
        }
      }
    }
  }

  /** What random importances look like. */
  enum Kind {
    GAUSSIAN {
      @Override
      float next(Random random) {
        return (float) random.nextGaussian();
      }
    },
    FEW_LEVELS {
      @Override
      float next(Random random) {
        return Math.round(random.nextGaussian() * 4) / 4f;
      }
    },
    MOSTLY_ZERO {
      @Override
      float next(Random random) {
        return random.nextInt(10) == 0
            ? (float) random.nextGaussian()
            : random.nextBoolean() ? 0f : -0f;
      }
    },
    ALL_EQUAL {
      @Override
      float next(Random random) {
        return 0.5f;
      }
    },
    /** All share the upper half of their bits, so that the second histogram decides alone. */
    NEIGHBOURS {
      @Override
      float next(Random random) {
        return Float.intBitsToFloat(0x3f80_0000 + random.nextInt(1 << 16));
      }
    },
    ANY_BITS {
      @Override
      float next(Random random) {
        float value = Float.intBitsToFloat(random.nextInt());
        return Float.isNaN(value) ? Float.NEGATIVE_INFINITY : value;
      }
    };

    abstract float next(Random random);
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void agreesWithASortForRandomArrays(Kind kind) {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int size : new int[] {1, 2, 3, 10, 1_000, 65_536, 65_537, 100_000}) {
      float[] importance = randomImportance(kind, random, size);
      for (int keep :
          new int[] {0, 1, size / 10, size / 2, size - 1, size, random.nextInt(size + 1)}) {
        assertKeepsWhatASortKeeps(importance, keep, kind + ", seed " + seed);
      }
    }
  }

  /** Importances drift, now and then jump, and the share changes; each result is that of a sort. */
  @ParameterizedTest
  @EnumSource(Kind.class)
  void aRememberedCutChangesNothing(Kind kind) {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int size : new int[] {1, 2, 17, 1_000, 20_000}) {
      TopShare.Cut cut = new TopShare.Cut();
      float[] importance = randomImportance(kind, random, size);
      double share = 1;
      for (int step = 0; step < 60; step++) {
        for (int i = 0; i < size; i++) {
          float moved = importance[i] + (float) (1e-3 * random.nextGaussian());
          importance[i] = Float.isNaN(moved) || random.nextInt(50) == 0 ? importance[i] : moved;
        }
        if (step % 20 == 19) {
          importance = randomImportance(kind, random, size);
        }
        share = step % 15 == 14 ? random.nextDouble() : share * 0.97;
        int keep = TopShare.count(share, size);
        float[] actual = new float[size];
        topShare.select(List.of(importance), keep, List.of(actual), cut);
        assertThat(actual)
            .as("%s, seed %d, step %d, keep %d of %d", kind, seed, step, keep, size)
            .isEqualTo(mask(keep, importance));
      }
    }
  }

  /** Values that hardly move, so that the cut stays where it was for most of the selections. */
  @ParameterizedTest
  @ValueSource(ints = {1, 400, 500, 999})
  void aSteadyCutChangesNothing(int keep) {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    TopShare.Cut cut = new TopShare.Cut();
    float[] importance = new float[1_000];
    for (int i = 0; i < importance.length; i++) {
      importance[i] = (i % 2 == 0 ? 1 : -1) * (1 + random.nextInt(50) * 1e-4f);
    }
    importance[7] = INFINITY;
    importance[8] = -INFINITY;
    for (int step = 0; step < 40; step++) {
      importance[9 + random.nextInt(900)] += 1e-5f;
      if (step % 10 == 9) {
        importance[random.nextInt(1_000)] *= 2;
      }
      float[] actual = new float[1_000];
      topShare.select(List.of(importance), keep, List.of(actual), cut);
      assertThat(actual).as("seed %d, step %d", seed, step).isEqualTo(mask(keep, importance));
    }
  }

  /** Arrays longer and shorter than what is looked at in one go, and cuts on both sides of zero. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3_000, 4_096, 8_000, 8_191})
  void aSteadyCutThroughSeveralArraysIsThatThroughOne(int keep) {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    float[] whole = new float[8_192];
    for (int i = 0; i < whole.length; i++) {
      whole[i] = (i % 2 == 0 ? 1 : -1) * (1 + random.nextInt(500) * 1e-5f);
    }
    int[] bounds = {0, 1, 5_000, 5_001, 8_192};
    TopShare.Cut cut = new TopShare.Cut();
    for (int step = 0; step < 10; step++) {
      whole[random.nextInt(whole.length)] *= 1.0001f;
      List<float[]> importances = new ArrayList<>();
      List<float[]> masks = new ArrayList<>();
      for (int i = 1; i < bounds.length; i++) {
        importances.add(Arrays.copyOfRange(whole, bounds[i - 1], bounds[i]));
        masks.add(new float[bounds[i] - bounds[i - 1]]);
      }
      topShare.select(importances, keep, masks, cut);
      float[] joined = new float[whole.length];
      for (int i = 1; i < bounds.length; i++) {
        System.arraycopy(masks.get(i - 1), 0, joined, bounds[i - 1], masks.get(i - 1).length);
      }
      assertThat(joined).as("seed %d, step %d", seed, step).isEqualTo(mask(keep, whole));
    }
  }

  @ParameterizedTest(name = "after {0} selections, sign bit {1}")
  @CsvSource({"0, false", "1, false", "2, false", "3, false", "2, true", "3, true"})
  void refusesNaNNearARememberedCut(int selections, boolean negative) {
    TopShare.Cut cut = new TopShare.Cut();
    float[] importance = new float[1_000];
    for (int i = 0; i < importance.length; i++) {
      importance[i] = 1 + i * 1e-6f;
    }
    for (int n = 0; n < selections; n++) {
      topShare.select(List.of(importance), 500, List.of(new float[1_000]), cut);
    }
    importance[3] = Float.intBitsToFloat(negative ? 0xffc00000 : 0x7fc00000);

    assertThatThrownBy(
            () -> topShare.select(List.of(importance), 500, List.of(new float[1_000]), cut))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the importance of element 3 is NaN");
  }

  /** Two matrices of five million; a sort would take longer than the rest of this test. */
  @ParameterizedTest
  @EnumSource(Kind.class)
  void keepsTheHighestOfTenMillionElements(Kind kind) {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    List<float[]> importances =
        List.of(
            randomImportance(kind, random, 5_000_000), randomImportance(kind, random, 5_000_000));
    List<float[]> masks = List.of(new float[5_000_000], new float[5_000_000]);

    for (int keep : new int[] {1, 1_000_000, 9_999_999}) {
      topShare.select(importances, keep, masks, new TopShare.Cut());

      int kept = 0;
      float leastKept = INFINITY;
      float mostRemoved = -INFINITY;
      for (int matrix = 0; matrix < 2; matrix++) {
        float[] importance = importances.get(matrix);
        float[] mask = masks.get(matrix);
        for (int i = 0; i < mask.length; i++) {
          if (mask[i] == 1f) {
            kept++;
            leastKept = Math.min(leastKept, importance[i]);
          } else {
            mostRemoved = Math.max(mostRemoved, importance[i]);
          }
        }
      }
      assertThat(kept).as("%s, seed %d", kind, seed).isEqualTo(keep);
      assertThat(leastKept).as("%s, seed %d", kind, seed).isGreaterThanOrEqualTo(mostRemoved);
    }
  }

  /** By hand: 3 and 3 share the first rank, and the earlier array goes first; then 2, 2, 1. */
  @ParameterizedTest(name = "keep {0}")
  @CsvSource({
    "0, 00, 000",
    "1, 01, 000",
    "2, 01, 100",
    "3, 01, 110",
    "4, 01, 111",
    "5, 11, 111",
  })
  void letsSeveralArraysCompete(int keep, String first, String second) {
    List<float[]> masks = List.of(new float[] {NaN, NaN}, new float[] {NaN, NaN, NaN});
    topShare.select(
        List.of(new float[] {1, 3}, new float[] {3, 2, 2}), keep, masks, new TopShare.Cut());
    assertThat(digits(masks.get(0))).isEqualTo(first);
    assertThat(digits(masks.get(1))).isEqualTo(second);
  }

  /** Ties go to the earlier array, then to the lower index, so as if they were one. */
  @ParameterizedTest
  @EnumSource(Kind.class)
  void takesSeveralArraysForOne(Kind kind) {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    float[] all = randomImportance(kind, random, 60);
    int[] ends = {0, 1, 1 + random.nextInt(59), 60, 60}; // the first and the last are empty
    List<float[]> importances = new ArrayList<>();
    List<float[]> masks = new ArrayList<>();
    int start = 0;
    for (int end : ends) {
      importances.add(Arrays.copyOfRange(all, start, end));
      masks.add(new float[end - start]);
      start = end;
    }

    for (int keep = 0; keep <= all.length; keep++) {
      topShare.select(importances, keep, masks, new TopShare.Cut());
      String joined = masks.stream().map(TopShareTest::digits).collect(joining());
      assertThat(joined).as("keep %d, seed %d", keep, seed).isEqualTo(digits(mask(keep, all)));
    }
  }

  @Test
  void refusesNaNInAnyArray() {
    List<float[]> importances = List.of(new float[] {1, 2}, new float[] {3, NaN});
    List<float[]> masks = List.of(new float[2], new float[2]);
    for (int keep = 0; keep <= 4; keep++) {
      int k = keep;
      assertThatThrownBy(() -> topShare.select(importances, k, masks, new TopShare.Cut()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("the importance of element 1 is NaN");
    }
  }

  @Test
  void countsOverAllArrays() {
    List<float[]> two = List.of(new float[2], new float[3]);
    assertThatThrownBy(() -> topShare.select(two, 6, two, new TopShare.Cut()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("keep must lie in [0, 5], found 6");
    topShare.select(List.of(), 0, List.of(), new TopShare.Cut());
  }

  @Test
  void requiresNumbers() {
    TopShare.requireNumbers(new float[0]);
    TopShare.requireNumbers(new float[] {0f, -0f, TINY, INFINITY, -INFINITY});
    for (int at = 0; at < 3; at++) {
      float[] importance = new float[3];
      importance[at] = NaN;
      assertThatThrownBy(() -> TopShare.requireNumbers(importance))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("the importance of element " + at + " is NaN");
    }
  }

  /**
   * Linear time, measured against a sort of the same array in the same minute so that a busy
   * machine slows both. It takes about a tenth of the sort; inputs that are bad for a quickselect
   * (all equal, rising, falling) take no longer than random ones.
   */
  @Test
  void costsAFractionOfASort() {
    float[] random = randomImportance(Kind.GAUSSIAN, new Random(1), 4_000_000);
    float[] rising = random.clone();
    Arrays.sort(rising);
    float[] falling = new float[rising.length];
    for (int i = 0; i < falling.length; i++) {
      falling[i] = rising[rising.length - 1 - i];
    }
    long sort = bestOfFive(() -> Arrays.sort(random.clone()));

    float[] mask = new float[random.length];
    for (float[] importance : new float[][] {random, new float[random.length], rising, falling}) {
      assertThat(bestOfFive(() -> topShare.select(importance, random.length / 10, mask)))
          .as("nanoseconds, against a sort's")
          .isLessThan(sort / 2);
    }
  }

  private float[] mask(int keep, float... importance) {
    float[] mask = new float[importance.length];
    Arrays.fill(mask, NaN);
    topShare.select(importance, keep, mask);
    return mask;
  }

  private static String digits(float[] mask) {
    return IntStream.range(0, mask.length)
        .mapToObj(i -> mask[i] == 0f ? "0" : mask[i] == 1f ? "1" : "?")
        .collect(joining());
  }

  private static float[] randomImportance(Kind kind, Random random, int size) {
    float[] importance = new float[size];
    for (int i = 0; i < size; i++) {
      importance[i] = kind.next(random);
    }
    return importance;
  }

  /** The oracle: the k-th largest by a sort; all above it are kept, and the first that equal it. */
  private void assertKeepsWhatASortKeeps(float[] importance, int keep, String what) {
    float[] expected = new float[importance.length];
    if (keep > 0) {
      float[] sorted = importance.clone();
      Arrays.sort(sorted);
      float cut = sorted[sorted.length - keep];
      int left =
          keep - (int) IntStream.range(0, sorted.length).filter(i -> sorted[i] > cut).count();
      for (int i = 0; i < importance.length; i++) {
        boolean kept = importance[i] > cut || (importance[i] == cut && left-- > 0);
        expected[i] = kept ? 1f : 0f;
      }
    }

    float[] actual = mask(keep, importance);

    assertThat(Arrays.mismatch(actual, expected))
        .as("first difference to a sort: %s, keep %d of %d", what, keep, importance.length)
        .isEqualTo(-1);
  }

  private static long bestOfFive(Runnable work) {
    return IntStream.range(0, 5)
        .mapToLong(
            run -> {
              long start = processorTime();
              work.run();
              return processorTime() - start;
            })
        .min()
        .orElseThrow();
  }

  /** Nanoseconds that this thread has worked, whatever else the machine does. */
  private static long processorTime() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }
}
