package dev.espalier.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.espalier.api.metric.Metric;
import java.util.List;
import java.util.Locale;
import java.util.ServiceLoader;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What every metric promises, of classes, numbers or answers. A plugin shows that it keeps these
 * promises with one line, which also says the range of its values:
 *
 * <pre>{@code
 * final class MyMetricTest extends MetricContract {
 *   MyMetricTest() { super("my_metric", 0, 1); }
 * }
 * }</pre>
 *
 * <p>Inputs are random with a fixed seed, which every failure names. A metric of classes is checked
 * with 2, 3 and 5 of them, as far as it {@linkplain
 * dev.espalier.api.metric.ClassificationMetric#fits fits}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class MetricContract {
  private static final String NAME = "[a-z][a-z0-9_]{0,63}";

  /** Sums in another order differ in their last digits. */
  private static final double ROUNDING = 1e-9;

  private final String name;
  private final double lowest;
  private final double highest;
  private final Supplier<Stream<Metric>> all;

  /**
   * Names the metric under test, which {@link ServiceLoader} finds.
   *
   * @param name as the metric has it
   * @param lowest the smallest value that there can be; may be infinite
   * @param highest the largest value that there can be; may be infinite
   */
  protected MetricContract(String name, double lowest, double highest) {
    this(
        name,
        lowest,
        highest,
        () -> ServiceLoader.load(Metric.class).stream().map(ServiceLoader.Provider::get));
  }

  /**
   * A metric that is announced otherwise than by a service file.
   *
   * @param metric makes one
   * @param lowest the smallest value that there can be; may be infinite
   * @param highest the largest value that there can be; may be infinite
   */
  protected MetricContract(Supplier<? extends Metric> metric, double lowest, double highest) {
    this(metric.get().name(), lowest, highest, () -> Stream.of(metric.get()));
  }

  /** For the contract's own tests, which need no service file. */
  MetricContract(String name, double lowest, double highest, Supplier<Stream<Metric>> all) {
    this.name = name;
    this.lowest = lowest;
    this.highest = highest;
    this.all = all;
  }

  // What a user can know before a run

  /** {@link ServiceLoader} finds a metric of that name, and no two of one kind. */
  @Test
  protected final void isDiscoverableThroughServiceLoader() {
    List<Metric> named = named();
    assertThat(named)
        .as(
            "metrics named \"%s\"; is there a line in META-INF/services/%s?",
            name, Metric.class.getName())
        .isNotEmpty();
    assertThat(named.stream().map(MetricExamples::kind))
        .as("kinds of the metrics named \"%s\"", name)
        .doesNotHaveDuplicates();
  }

  /** Name and direction are the same each time, and the name is one for configurations. */
  @Test
  protected final void describesItselfTheSameEachTime() {
    Metric metric = metric();
    assertThat(metric.name()).as("name").matches(NAME).isEqualTo(metric.name());
    assertThat(metric().higherIsBetter()).as("direction").isEqualTo(metric.higherIsBetter());
    assertThat(metric.higherIsBetter()).as("direction").isEqualTo(metric.higherIsBetter());
  }

  /** A metric of classes fits some number of classes, and says the same each time. */
  @Test
  protected final void fitsSomeNumberOfClasses() {
    assertThat(MetricExamples.of(metric()))
        .as("numbers of classes, of 2, 3 and 5, that the metric fits")
        .isNotEmpty();
    assertThat(MetricExamples.of(metric()).stream().map(MetricExamples::what))
        .isEqualTo(MetricExamples.of(metric()).stream().map(MetricExamples::what).toList());
  }

  // What a value is

  /** Ordinary answers, some right and some wrong, have a finite value. */
  @Test
  protected final void isDefinedOnOrdinaryAnswers() {
    for (MetricExamples examples : MetricExamples.of(metric())) {
      assertThat(examples.ordinary().value(metric()))
          .as(says("ordinary answers, %s", examples.what()))
          .isFinite();
    }
  }

  /**
   * An empty set has no value: NaN, or an IllegalArgumentException that says so. Zero would be
   * judged as the worst model's value.
   */
  @Test
  protected final void hasNoValueOfAnEmptySet() {
    for (MetricExamples examples : MetricExamples.of(metric())) {
      assertThat(valueOrNaN(examples.empty()))
          .as(says("an empty set, %s", examples.what()))
          .isNaN();
    }
  }

  /** Where all is of one class, or all numbers are equal, the value is in range or not defined. */
  @Test
  protected final void bearsSetsOfOneClass() {
    for (MetricExamples examples : MetricExamples.of(metric())) {
      for (MetricExamples.Case each : examples.constant()) {
        assertInRange(each, each.value(metric()), examples);
      }
    }
  }

  /** Each value lies in the range that the author states. */
  @Test
  protected final void staysInItsRange() {
    for (MetricExamples examples : MetricExamples.of(metric())) {
      for (MetricExamples.Case each :
          List.of(examples.ordinary(), examples.perfect(), examples.wrong(), examples.single())) {
        assertInRange(each, each.value(metric()), examples);
      }
    }
  }

  /** Perfect answers are better than wrong ones, in the direction that the metric states. */
  @Test
  protected final void ranksPerfectAnswersAboveWrongOnes() {
    for (MetricExamples examples : MetricExamples.of(metric())) {
      double perfect = examples.perfect().value(metric());
      double wrong = examples.wrong().value(metric());
      assertThat(metric().higherIsBetter() ? perfect > wrong : perfect < wrong)
          .as(
              says(
                  "perfect answers, %s, are better than wrong ones, %s, where %s is better, %s",
                  perfect, wrong, metric().higherIsBetter() ? "more" : "less", examples.what()))
          .isTrue();
    }
  }

  /**
   * Outputs that are NaN, as those of a model that diverged, give a value in range, NaN, or an
   * IllegalArgumentException that says so.
   */
  @Test
  protected final void bearsOutputsThatAreNotNumbers() {
    for (MetricExamples examples : MetricExamples.of(metric())) {
      for (MetricExamples.Case each : examples.notNumbers()) {
        assertInRange(each, valueOrNaN(each), examples);
      }
    }
  }

  // What follows from what

  /** The value follows from the answers alone, whatever was computed before, and by whom. */
  @Test
  protected final void givesTheSameValueForTheSameAnswers() {
    for (MetricExamples examples : MetricExamples.of(metric())) {
      Metric metric = metric();
      double first = examples.ordinary().value(metric);
      double other = examples.wrong().value(metric);
      assertThat(examples.ordinary().value(metric))
          .as(says("the second time, after %s, %s", other, examples.what()))
          .isEqualTo(first);
      assertThat(examples.ordinary().value(metric()))
          .as(says("of a second object, %s", examples.what()))
          .isEqualTo(first);
    }
  }

  /** The order of the examples has no influence. */
  @Test
  protected final void givesTheSameValueInAnyOrder() {
    for (MetricExamples examples : MetricExamples.of(metric())) {
      double value = examples.ordinary().value(metric());
      for (long seed = 1; seed <= 5; seed++) {
        double shuffled = examples.ordinary().shuffled(seed).value(metric());
        assertThat(shuffled)
            .as(says("in another order, %s", examples.what()))
            .isCloseTo(value, within(ROUNDING * Math.max(1, Math.abs(value))));
      }
    }
  }

  // How arguments are treated

  /** Answers and truth are read and not written. */
  @Test
  protected final void doesNotChangeItsArguments() {
    for (MetricExamples examples : MetricExamples.of(metric())) {
      MetricExamples.Case given = examples.ordinary();
      double unused = given.value(metric());
      assertThat(given.inWords())
          .as(says("the arguments, %s", examples.what()))
          .isEqualTo(examples.ordinary().inWords());
    }
  }

  /** What was given once may be overwritten for the next call. */
  @Test
  protected final void doesNotKeepItsArguments() {
    for (MetricExamples examples : MetricExamples.of(metric())) {
      Metric metric = metric();
      MetricExamples.Case reused = examples.ordinary();
      double unused = reused.value(metric);
      MetricExamples.Case other = examples.perfect();
      reused.becomes(other);
      assertThat(reused.value(metric))
          .as(says("of the same arrays with other answers, %s", examples.what()))
          .isEqualTo(other.value(metric()));
    }
  }

  private void assertInRange(MetricExamples.Case of, double value, MetricExamples examples) {
    assertThat(Double.isNaN(value) || (value >= lowest && value <= highest))
        .as(
            says(
                "the value of %s lies in [%s, %s] or is NaN, found %s, %s",
                of.what(), lowest, highest, value, examples.what()))
        .isTrue();
    assertThat(Double.isInfinite(value)).as(says("infinite of %s", of.what())).isFalse();
  }

  private double valueOrNaN(MetricExamples.Case of) {
    try {
      return of.value(metric());
    } catch (IllegalArgumentException refused) {
      assertThat(refused.getMessage()).as("what an IllegalArgumentException says").isNotBlank();
      return Double.NaN;
    }
  }

  private List<Metric> named() {
    return all.get().filter(metric -> metric.name().equals(name)).toList();
  }

  private Metric metric() {
    return named().stream()
        .findFirst()
        .orElseThrow(() -> new AssertionError("ServiceLoader finds no metric named " + name));
  }

  private static String says(String what, Object... arguments) {
    return String.format(Locale.ROOT, what, arguments) + " (seed " + MetricExamples.SEED + ")";
  }
}
