package dev.espalier.onnxruntime.calibrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Each observer against a plain computation on all values at once, in double precision. */
final class RangeObserverTest {
  private static final long SEED = 20_261_124;

  private enum Shape {
    UNIFORM,
    GAUSSIAN,
    GAUSSIAN_WITH_OUTLIERS,
    RELU,
    ONE_SIDED_TAIL;

    float draw(Random random) {
      return (float)
          switch (this) {
            case UNIFORM -> random.nextDouble() * 2 - 1;
            case GAUSSIAN -> random.nextGaussian();
            case GAUSSIAN_WITH_OUTLIERS ->
                random.nextInt(20_000) == 0 ? 60 * random.nextGaussian() : random.nextGaussian();
            case RELU -> Math.max(0, random.nextGaussian());
            case ONE_SIDED_TAIL -> -0.17 + Math.exp(1.5 * random.nextGaussian());
          };
    }
  }

  private static float[] draw(Shape shape, int count) {
    Random random = new Random(SEED);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = shape.draw(random);
    }
    return values;
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void minMaxIsExact(Shape shape) {
    float[] values = draw(shape, 20_000);
    float[] sorted = values.clone();
    Arrays.sort(sorted);
    assertThat(observe(new MinMaxObserver(), values))
        .isEqualTo(new TensorRange(sorted[0], sorted[sorted.length - 1]));
  }

  @Test
  void movingAverageBeginsAtTheFirstBatch() {
    RangeObserver observer = new MovingAverageObserver(0.25);
    observer.observe(new float[] {-1, 4});
    assertThat(observer.range()).isEqualTo(new TensorRange(-1, 4));
    observer.observe(new float[] {-5, 0});
    // -1 + (-5 + 1) / 4 and 4 + (0 - 4) / 4
    assertThat(observer.range()).isEqualTo(new TensorRange(-2, 3));
    observer.observe(new float[] {});
    observer.observe(new float[] {-2, 7});
    assertThat(observer.range()).isEqualTo(new TensorRange(-2, 4));
  }

  @ParameterizedTest
  @CsvSource({
    "UNIFORM, 99.9",
    "GAUSSIAN, 99.99",
    "GAUSSIAN, 50",
    "GAUSSIAN_WITH_OUTLIERS, 99.9",
    "RELU, 99",
    "ONE_SIDED_TAIL, 99.9",
    "GAUSSIAN, 100",
    "GAUSSIAN, 1"
  })
  void percentileIsThatOfTheSortedValuesToABin(Shape shape, double percent) {
    float[] values = draw(shape, 100_000);
    float[] sorted = values.clone();
    Arrays.sort(sorted);
    int cut = (int) Math.round(values.length * (100 - percent) / 200);
    double bin = 2.0 * (sorted[sorted.length - 1] - sorted[0]) / 16_384;

    TensorRange range = observe(new PercentileObserver(percent, 16_384), values);

    // Between neighbours any value is a quantile: allow the gap and one bin.
    assertThat((double) range.minimum())
        .as("seed %d", SEED)
        .isBetween(sorted[Math.max(0, cut - 1)] - bin, sorted[cut] + bin);
    assertThat((double) range.maximum())
        .as("seed %d", SEED)
        .isBetween(
            sorted[sorted.length - 1 - cut] - bin,
            sorted[Math.min(sorted.length - 1, sorted.length - cut)] + bin);
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void entropyIsThatOfAllValuesAtOnce(Shape shape) {
    float[] values = draw(shape, 60_000);
    TensorRange range = observe(new EntropyObserver(512, 32), values);
    double threshold = plainEntropyThreshold(values, 512, 32);
    float[] sorted = values.clone();
    Arrays.sort(sorted);
    assertThat((double) range.maximum())
        .as("seed %d", SEED)
        .isCloseTo(Math.min(threshold, sorted[sorted.length - 1]), offset(1e-6));
    assertThat((double) range.minimum())
        .as("seed %d", SEED)
        .isCloseTo(Math.max(-threshold, sorted[0]), offset(1e-6));
  }

  @Test
  void entropyCutsOffOutliersAndKeepsAllOfAUniformDistribution() {
    TensorRange outliers =
        observe(new EntropyObserver(2048, 128), draw(Shape.GAUSSIAN_WITH_OUTLIERS, 1_000_000));
    assertThat(outliers.maximum()).isBetween(2.5f, 15f);
    assertThat(outliers.minimum()).isBetween(-15f, -2.5f);
    float[] uniform = draw(Shape.UNIFORM, 1_000_000);
    TensorRange all = observe(new EntropyObserver(2048, 128), uniform);
    assertThat(all.maximum()).isGreaterThan(0.99f);
    assertThat(all.minimum()).isLessThan(-0.99f);
  }

  @Test
  void entropyDoesNotLookAtExactZeros() {
    float[] gaussian = draw(Shape.GAUSSIAN, 50_000);
    float[] padded = Arrays.copyOf(gaussian, 500_000);
    assertThat(observe(new EntropyObserver(2048, 128), padded))
        .isEqualTo(observe(new EntropyObserver(2048, 128), gaussian));
  }

  /** The best of a fine grid over both ends, on the values themselves. */
  @ParameterizedTest
  @MethodSource("shapes")
  void meanSquaredErrorIsCloseToTheBestOfAGrid(Shape shape) {
    float[] values = draw(shape, 20_000);
    TensorRange range = observe(new MeanSquaredErrorObserver(4096, 256), values);
    TensorRange all = observe(new MinMaxObserver(), values);
    double best = Double.POSITIVE_INFINITY;
    double low = Math.min(0, all.minimum());
    double high = Math.max(0, all.maximum());
    for (int i = 1; i <= 40; i++) {
      for (int j = 1; j <= 40; j++) {
        best = Math.min(best, error(values, low * i / 40, high * j / 40));
      }
    }
    double found = error(values, Math.min(0, range.minimum()), Math.max(0, range.maximum()));
    assertThat(found).as("seed %d", SEED).isLessThanOrEqualTo(best * 1.03);
    assertThat(found).isLessThanOrEqualTo(error(values, low, high) * 1.001);
  }

  @Test
  void meanSquaredErrorCutsOffALoneOutlierOfACoarseType() {
    float[] values = draw(Shape.GAUSSIAN, 100_000);
    values[17] = 40;
    TensorRange range = observe(new MeanSquaredErrorObserver(4096, 16), values);
    assertThat(range.maximum()).isBetween(2f, 10f);
    assertThat(range.minimum()).isBetween(-10f, -2f);
  }

  @ParameterizedTest
  @MethodSource("orderless")
  void orderAndBatchesDoNotMatter(String name, List<RangeObserver> fresh) {
    float[] values = draw(Shape.GAUSSIAN_WITH_OUTLIERS, 30_000);
    float[] sorted = values.clone();
    Arrays.sort(sorted);
    fresh.get(1).observe(sorted);
    assertThat(fresh.get(1).range()).as(name).isEqualTo(observe(fresh.get(0), values));
  }

  @ParameterizedTest
  @MethodSource("orderless")
  void holdsAConstant(String name, List<RangeObserver> fresh) {
    for (float constant : new float[] {3, -7}) {
      RangeObserver observer = constant > 0 ? fresh.get(0) : fresh.get(1);
      observer.observe(new float[] {constant, constant});
      TensorRange range = observer.range();
      assertThat(Math.min(0, range.minimum())).as(name).isLessThanOrEqualTo(constant);
      assertThat(Math.max(0, range.maximum())).as(name).isGreaterThanOrEqualTo(constant);
    }
  }

  @ParameterizedTest
  @MethodSource("orderless")
  void saysNothingAboutNothing(String name, List<RangeObserver> fresh) {
    fresh.get(0).observe(new float[0]);
    assertThatThrownBy(() -> fresh.get(0).range()).as(name).isInstanceOf(RuntimeException.class);
    RangeObserver average = new MovingAverageObserver(0.5);
    assertThatThrownBy(average::range).isInstanceOf(IllegalStateException.class);
  }

  static Stream<Shape> shapes() {
    return Stream.of(Shape.values());
  }

  static Stream<Arguments> orderless() {
    return Stream.of(
        Arguments.of("min/max", List.of(new MinMaxObserver(), new MinMaxObserver())),
        Arguments.of(
            "percentile",
            List.of(new PercentileObserver(99.9, 4096), new PercentileObserver(99.9, 4096))),
        Arguments.of(
            "entropy", List.of(new EntropyObserver(2048, 128), new EntropyObserver(2048, 128))),
        Arguments.of(
            "mse",
            List.of(
                new MeanSquaredErrorObserver(4096, 256), new MeanSquaredErrorObserver(4096, 256))));
  }

  private static TensorRange observe(RangeObserver observer, float[] values) {
    for (int from = 0; from < values.length; from += 1_000) {
      observer.observe(Arrays.copyOfRange(values, from, Math.min(values.length, from + 1_000)));
    }
    return observer.range();
  }

  /**
   * Migacz's pseudo code word for word, on lists, with bins of the least power of two that fits.
   */
  private static double plainEntropyThreshold(float[] values, int bins, int levels) {
    double largest = 0;
    for (float value : values) {
      largest = Math.max(largest, Math.abs((double) value));
    }
    double width = 1e-9;
    width = Math.pow(2, Math.floor(Math.log(width) / Math.log(2)));
    while (Math.floor(largest / width) + 1 > bins) {
      width *= 2;
    }
    int n = (int) Math.floor(largest / width) + 1;
    double[] histogram = new double[n];
    for (float value : values) {
      if (value != 0) {
        histogram[(int) Math.floor(Math.abs((double) value) / width)]++;
      }
    }
    int best = n;
    double least = Double.POSITIVE_INFINITY;
    for (int i = levels; i <= n; i++) {
      double[] p = Arrays.copyOf(histogram, i);
      double[] q = new double[i];
      for (int level = 0; level < levels; level++) {
        List<Integer> filled = new ArrayList<>();
        double sum = 0;
        for (int bin = level * i / levels; bin < (level + 1) * i / levels; bin++) {
          sum += p[bin];
          if (p[bin] > 0) {
            filled.add(bin);
          }
        }
        for (int bin : filled) {
          q[bin] = sum / filled.size();
        }
      }
      for (int bin = i; bin < n; bin++) {
        p[i - 1] += histogram[bin];
      }
      double divergence = divergence(p, q);
      if (divergence <= least) {
        least = divergence;
        best = i;
      }
    }
    return best == n ? Double.POSITIVE_INFINITY : (best + 0.5) * width;
  }

  private static double divergence(double[] p, double[] q) {
    double sumP = Arrays.stream(p).sum();
    double sumQ = Arrays.stream(q).sum();
    double divergence = 0;
    for (int i = 0; i < p.length; i++) {
      if (p[i] > 0) {
        divergence += p[i] / sumP * Math.log(p[i] / sumP / (q[i] / sumQ));
      }
    }
    return divergence;
  }

  private static double error(float[] values, double low, double high) {
    double step = (high - low) / 255;
    double zero = Math.rint(-low / step);
    double sum = 0;
    for (float value : values) {
      double level = Math.max(0, Math.min(255, Math.rint(value / step) + zero));
      double difference = value - (level - zero) * step;
      sum += difference * difference;
    }
    return sum;
  }
}
