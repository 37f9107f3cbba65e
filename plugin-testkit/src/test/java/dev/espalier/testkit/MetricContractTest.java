package dev.espalier.testkit;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.espalier.api.metric.AnswerMetric;
import dev.espalier.api.metric.AnsweredQuestion;
import dev.espalier.api.metric.ClassificationMetric;
import dev.espalier.api.metric.Metric;
import dev.espalier.api.metric.RegressionMetric;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.function.ToDoubleBiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The contract finds the promise that each faulty metric breaks, and sound ones pass. */
final class MetricContractTest {
  /** One promise of the contract. */
  interface Promise {
    void check(MetricContract contract);
  }

  /** A share of right answers, that a fault is made of. */
  private static class Sound implements ClassificationMetric {
    @Override
    public String name() {
      return "metric";
    }

    @Override
    public boolean higherIsBetter() {
      return true;
    }

    @Override
    public double compute(float[][] logits, int[] labels) {
      double right = 0;
      for (int i = 0; i < labels.length; i++) {
        right += answer(logits[i]) == labels[i] ? 1 : 0;
      }
      return right / labels.length;
    }

    static int answer(float[] logits) {
      int best = 0;
      for (int k = 1; k < logits.length; k++) {
        best = logits[k] > logits[best] ? k : best;
      }
      return best;
    }
  }

  /** The mean absolute error: smaller is better, without an upper end. */
  private static final class AbsoluteError implements RegressionMetric {
    @Override
    public String name() {
      return "metric";
    }

    @Override
    public boolean higherIsBetter() {
      return false;
    }

    @Override
    public double compute(double[] predicted, double[] expected) {
      double sum = 0;
      for (int i = 0; i < expected.length; i++) {
        sum += Math.abs(predicted[i] - expected[i]);
      }
      return sum / expected.length;
    }
  }

  /** The share of questions whose answer is accepted. */
  private static final class Exact implements AnswerMetric {
    @Override
    public String name() {
      return "metric";
    }

    @Override
    public boolean higherIsBetter() {
      return true;
    }

    @Override
    public double compute(List<AnsweredQuestion> questions) {
      return questions.stream()
          .mapToDouble(
              each ->
                  each.accepted().isEmpty()
                      ? Objects.equals(each.answer(), "") ? 1 : 0
                      : each.accepted().contains(String.valueOf(each.answer())) ? 1 : 0)
          .average()
          .orElse(Double.NaN);
    }
  }

  @Nested
  final class SoundOfClasses extends MetricContract {
    SoundOfClasses() {
      super(Sound::new, 0, 1);
    }
  }

  @Nested
  final class SoundOfNumbers extends MetricContract {
    SoundOfNumbers() {
      super(AbsoluteError::new, 0, Double.POSITIVE_INFINITY);
    }
  }

  @Nested
  final class SoundOfAnswers extends MetricContract {
    SoundOfAnswers() {
      super(Exact::new, 0, 1);
    }
  }

  static Stream<Arguments> faults() {
    return Stream.of(
        arguments(
            "is in no service file",
            (Promise) MetricContract::isDiscoverableThroughServiceLoader,
            (Supplier<Stream<Metric>>) Stream::empty),
        arguments(
            "has the name of another",
            (Promise) MetricContract::isDiscoverableThroughServiceLoader,
            (Supplier<Stream<Metric>>) () -> Stream.of(new Sound(), new Sound())),
        fault(
            "has a name that no configuration can have",
            MetricContract::describesItselfTheSameEachTime,
            () ->
                new Sound() {
                  @Override
                  public String name() {
                    return "My Metric";
                  }
                }),
        fault(
            "changes its direction",
            MetricContract::describesItselfTheSameEachTime,
            () ->
                new Sound() {
                  private boolean higher;

                  @Override
                  public boolean higherIsBetter() {
                    higher = !higher;
                    return higher;
                  }
                }),
        fault(
            "fits nothing",
            MetricContract::fitsSomeNumberOfClasses,
            () ->
                new Sound() {
                  @Override
                  public boolean fits(int classes) {
                    return false;
                  }
                }),
        fault(
            "is not defined on ordinary answers",
            MetricContract::isDefinedOnOrdinaryAnswers,
            computing((logits, labels) -> Math.sqrt(-right(logits, labels)))),
        fault(
            "is 0 on an empty set",
            MetricContract::hasNoValueOfAnEmptySet,
            computing((logits, labels) -> labels.length == 0 ? 0 : right(logits, labels))),
        fault(
            "looks at the first example of an empty set",
            MetricContract::hasNoValueOfAnEmptySet,
            computing((logits, labels) -> logits[0].length > 9 ? 0 : right(logits, labels))),
        fault(
            "divides by the number of examples of the second class",
            MetricContract::bearsSetsOfOneClass,
            computing(MetricContractTest::perSecondClass)),
        fault(
            "is a percentage",
            MetricContract::staysInItsRange,
            computing((logits, labels) -> 100 * right(logits, labels))),
        fault(
            "is an error whose direction is that of a share",
            MetricContract::ranksPerfectAnswersAboveWrongOnes,
            computing((logits, labels) -> 1 - right(logits, labels))),
        fault(
            "is infinite where a logit is NaN",
            MetricContract::bearsOutputsThatAreNotNumbers,
            computing(
                (logits, labels) ->
                    Float.isNaN(logits[1][0]) ? Double.NEGATIVE_INFINITY : right(logits, labels))),
        fault(
            "throws what is no refusal where a logit is NaN",
            MetricContract::bearsOutputsThatAreNotNumbers,
            computing(
                (logits, labels) -> {
                  int answer = Float.isNaN(logits[1][0]) ? -1 : 0;
                  return logits[0][answer] * 0 + right(logits, labels);
                })),
        fault(
            "averages over all calls",
            MetricContract::givesTheSameValueForTheSameAnswers,
            () ->
                new Sound() {
                  private double sum;
                  private int calls;

                  @Override
                  public double compute(float[][] logits, int[] labels) {
                    sum += super.compute(logits, labels);
                    calls++;
                    return sum / calls;
                  }
                }),
        fault(
            "weighs later examples more",
            MetricContract::givesTheSameValueInAnyOrder,
            computing(MetricContractTest::weighted)),
        fault(
            "turns the logits into probabilities in place",
            MetricContract::doesNotChangeItsArguments,
            computing(
                (logits, labels) -> {
                  for (float[] row : logits) {
                    for (int k = 0; k < row.length; k++) {
                      row[k] = (float) Math.exp(row[k]);
                    }
                  }
                  return right(logits, labels);
                })),
        fault(
            "remembers the value of arrays that it saw",
            MetricContract::doesNotKeepItsArguments,
            () ->
                new Sound() {
                  private final IdentityHashMap<float[][], Double> known = new IdentityHashMap<>();

                  @Override
                  public double compute(float[][] logits, int[] labels) {
                    return known.computeIfAbsent(logits, all -> super.compute(all, labels));
                  }
                }));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("faults")
  void findsThatAMetric(String fault, Promise promise, Supplier<Stream<Metric>> metrics) {
    String name = metrics.get().map(Metric::name).findFirst().orElse("nobody");
    MetricContract contract = new MetricContract(name, 0, 1, metrics) {};

    assertThatThrownBy(() -> promise.check(contract))
        .isInstanceOfAny(AssertionError.class, ArrayIndexOutOfBoundsException.class);
  }

  private static Arguments fault(String what, Promise promise, Supplier<Metric> metric) {
    Supplier<Stream<Metric>> metrics = () -> Stream.of(metric.get());
    return arguments(what, promise, metrics);
  }

  private static Supplier<Metric> computing(ToDoubleBiFunction<float[][], int[]> value) {
    return () ->
        new Sound() {
          @Override
          public double compute(float[][] logits, int[] labels) {
            return value.applyAsDouble(logits, labels);
          }
        };
  }

  private static double right(float[][] logits, int[] labels) {
    return new Sound().compute(logits, labels);
  }

  private static double perSecondClass(float[][] logits, int[] labels) {
    double right = 0;
    double there = 0;
    for (int i = 0; i < labels.length; i++) {
      right += labels[i] == Sound.answer(logits[i]) ? 0.5 : 0;
      there += labels[i] == 1 ? 1 : 0;
    }
    return right / there;
  }

  private static double weighted(float[][] logits, int[] labels) {
    double sum = 0;
    double weights = 0;
    for (int i = 0; i < labels.length; i++) {
      sum += Sound.answer(logits[i]) == labels[i] ? i + 1 : 0;
      weights += i + 1;
    }
    return sum / weights;
  }
}
