package dev.espalier.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.espalier.api.pruning.ConstantPruner;
import dev.espalier.api.pruning.GradientPruner;
import dev.espalier.api.pruning.MaskRule;
import dev.espalier.api.pruning.Need;
import dev.espalier.api.pruning.ParameterDescriptor;
import dev.espalier.api.pruning.ParameterValues;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.PrunerDescriptor;
import dev.espalier.api.pruning.PrunerProvider;
import dev.espalier.api.pruning.ScorePruner;
import dev.espalier.api.pruning.Step;
import dev.espalier.api.pruning.TopShare;
import dev.espalier.api.pruning.WeightPruner;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What every pruner promises, of whichever kind. A plugin shows that it keeps these promises with
 * one line:
 *
 * <pre>{@code
 * final class MyPrunerTest extends PrunerContract {
 *   MyPrunerTest() { super("my_pruner"); }
 * }
 * }</pre>
 *
 * <p>The pruner is created by its provider with the default of each parameter. Inputs are random
 * with a fixed seed, which every failure names. A promise that only some kinds can make holds for
 * the others without a check.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class PrunerContract {
  private final String name;
  private final Supplier<Stream<PrunerProvider>> allProviders;

  /**
   * Names the pruner under test.
   *
   * @param name as in its descriptor
   */
  protected PrunerContract(String name) {
    this(
        name,
        () -> ServiceLoader.load(PrunerProvider.class).stream().map(ServiceLoader.Provider::get));
  }

  /** For the contract's own tests, which need no service file. */
  PrunerContract(String name, Supplier<Stream<PrunerProvider>> allProviders) {
    this.name = name;
    this.allProviders = allProviders;
  }

  // What a user can know before a run

  /** {@link ServiceLoader} finds exactly one provider of that name. */
  @Test
  protected final void isDiscoverableThroughServiceLoader() {
    assertThat(providers())
        .as(
            "providers named \"%s\"; is there a line in META-INF/services/%s?",
            name, PrunerProvider.class.getName())
        .hasSize(1);
  }

  /** Describing a pruner twice says the same, and so does a second provider. */
  @Test
  protected final void describesItselfTheSameEachTime() {
    assertThat(descriptor()).isEqualTo(descriptor());
    PrunerProvider provider = provider();
    assertThat(provider.descriptor()).isEqualTo(provider.descriptor());
  }

  /** What a pruner needs beside the weights does not hang on its parameters. */
  @Test
  protected final void needsTheSameWhateverItsParameters() {
    for (Map<String, Object> given : extremes()) {
      Pruner pruner = provider().create(ParameterValues.of(descriptor(), given));
      assertThat(Need.of(pruner)).as("needs with %s", given).isEqualTo(Need.of(pruner()));
    }
  }

  /** Statistics have different names, in snake_case, and always the same. */
  @Test
  protected final void namesItsStatistics() {
    if (pruner() instanceof GradientPruner pruner) {
      assertThat(pruner.statistics())
          .as("statistics")
          .isNotEmpty()
          .doesNotHaveDuplicates()
          .allMatch(name -> name.matches("[a-z][a-z0-9_]*"))
          .isEqualTo(pruner.statistics());
    }
  }

  /** A misspelled parameter is an error, not a default that holds in silence. */
  @Test
  protected final void rejectsAnUnknownParameter() {
    assertThatThrownBy(() -> ParameterValues.of(descriptor(), Map.of("no_such_parameter", 1.0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(name)
        .hasMessageContaining("no_such_parameter");
  }

  /** A word for a number, a number for a word, and a word that is no option are errors. */
  @Test
  protected final void rejectsAValueOfAnotherType() {
    for (ParameterDescriptor parameter : descriptor().parameters()) {
      List<Object> wrong =
          parameter instanceof ParameterDescriptor.Quantity
              ? List.of("no_such_option", true)
              : List.of("no_such_option", true, 0.5);
      for (Object value : wrong) {
        assertThatThrownBy(() -> ParameterValues.of(descriptor(), Map.of(parameter.name(), value)))
            .as("%s = %s", parameter.name(), value)
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining(parameter.name());
      }
    }
  }

  /** Each end of each range and each option makes a pruner. */
  @Test
  protected final void isCreatedAtBothEndsOfEachRangeAndForEachOption() {
    for (Map<String, Object> given : extremes()) {
      assertThat(provider().create(ParameterValues.of(descriptor(), given)))
          .as("%s with %s", name, given)
          .isNotNull();
    }
  }

  // What a mask is

  /** Where a share is kept, it is exactly k elements for every k, among them none and all. */
  @Test
  protected final void keepsExactlyTheCountAskedFor() {
    keepsExactlyTheCount(Example.random(pruner()), "random values");
  }

  /** Exactly k elements are kept when weights and scores are all equal: ties are broken. */
  @Test
  protected final void keepsExactlyTheCountAskedForWhenAllAreEqual() {
    for (float value : new float[] {0f, -0f, 0.5f, -0.5f}) {
      keepsExactlyTheCount(Example.constant(pruner(), value), "all values " + value);
    }
  }

  private static void keepsExactlyTheCount(Example example, String what) {
    if (example.ranking() == null) {
      return;
    }
    int keep = Example.SIZE;
    for (float[] mask : example.masks()) {
      assertThat(kept(mask)).as(says("%s, keep %d", what, keep)).hasSize(keep);
      keep--;
    }
  }

  /** A sparser mask, by a smaller share or a higher threshold, keeps part of what a denser did. */
  @Test
  protected final void keepsASubsetWhenSparser() {
    List<float[]> masks = Example.random(pruner()).masks();

    for (int i = 1; i < masks.size(); i++) {
      assertThat(kept(masks.get(i - 1)))
          .as(says("mask %d of %d, the densest first", i, masks.size()))
          .containsAll(kept(masks.get(i)));
    }
  }

  /** Masks hold zeros and ones; those of gates hold values in between, too. */
  @Test
  protected final void masksLieBetweenZeroAndOne() {
    Example example = Example.random(pruner());
    List<float[]> masks = new ArrayList<>(example.masks());
    boolean ajar = false;
    if (example.rule instanceof MaskRule.Gates gates) {
      ajar = true;
      masks.add(
          Example.written(
              out -> gates.sample(example.moment(), example.scores, example.uniform, out)));
    }

    for (float[] mask : masks) {
      for (float value : mask) {
        assertThat(ajar ? value >= 0 && value <= 1 : value == 0 || value == 1)
            .as(says("a mask's value, found %s", value))
            .isTrue();
      }
    }
  }

  // What follows from what

  /** Scores, masks and gradients follow from the inputs and the seed alone. */
  @Test
  protected final void givesTheSameAnswersForTheSameSeed() {
    Example example = Example.random(pruner());

    assertSame("second time", example.answers(), example.answers());
    assertSame("second pruner", Example.random(pruner()).answers(), example.answers());
  }

  /** One pruner serves every matrix: what it saw of another has no influence. */
  @Test
  protected final void keepsNoStateBetweenMatrices() {
    Map<String, float[]> alone = Example.random(pruner()).answers();

    Pruner pruner = pruner();
    Example other = Example.constant(pruner, 2f);
    other.answers();
    Example interleaved = Example.random(pruner);
    other.step();
    other.answers();

    assertSame("between calls for another matrix", interleaved.answers(), alone);
  }

  /** One pruner serves several threads at once. */
  @Test
  protected final void servesSeveralThreadsAtOnce() throws Exception {
    Pruner pruner = pruner();
    List<Example> examples = List.of(Example.random(pruner), Example.constant(pruner, 2f));
    List<Map<String, float[]>> alone = examples.stream().map(Example::answers).toList();
    List<Callable<Map<String, float[]>>> calls =
        IntStream.range(0, 40)
            .<Callable<Map<String, float[]>>>mapToObj(call -> examples.get(call % 2)::answers)
            .toList();

    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      int call = 0;
      for (Future<Map<String, float[]>> answers : threads.invokeAll(calls)) {
        assertSame("beside other threads", answers.get(), alone.get(call % 2));
        call++;
      }
    } finally {
      threads.shutdownNow();
    }
  }

  /** A new pruner that gets the saved weights and scores goes on as the old one does. */
  @Test
  protected final void givesTheSameMasksAfterSavingAndLoading() {
    Example example = Example.random(pruner());
    example.step();
    Example loaded = example.saved(pruner());

    assertMasks("after loading", loaded.masks(), example.masks());
    example.step();
    loaded.step();
    assertMasks("a step after loading", loaded.masks(), example.masks());
  }

  /** What a mask removes stays removed when the optimizer moves all weights. */
  @Test
  protected final void maskHoldsAfterAnOptimizerStep() {
    Example example = Example.random(pruner());
    List<float[]> masks = example.masks();
    float[] moved = example.weights.clone();
    for (int i = 0; i < moved.length; i++) {
      moved[i] += 0.013f; // weights are multiples of 0.05, so none becomes zero
    }

    for (float[] mask : masks) {
      for (int i = 0; i < moved.length; i++) {
        assertThat(moved[i] * mask[i] == 0)
            .as(says("a weight that moved to %s is zero under a mask of %s", moved[i], mask[i]))
            .isEqualTo(mask[i] == 0);
      }
    }
    if (example.pruner instanceof ScorePruner) {
      Example after = example.withWeights(moved);
      after.answers();
      assertMasks("of the same scores with other weights", after.masks(), masks);
    }
  }

  /** The form on whole arrays, for devices, says what the form on the host's arrays says. */
  @Test
  protected final void saysTheSameOnWholeArrays() {
    for (Example example : List.of(Example.random(pruner()), Example.constant(pruner(), 0.25f))) {
      Map<String, float[]> onHost = example.answers();
      example
          .wholeArrayAnswers(new HostOps())
          .forEach((what, values) -> assertClose(what, values, onHost.get(what)));
    }
  }

  private static void assertClose(String what, float[] actual, float[] expected) {
    assertThat(actual).as(says("%s on whole arrays", what)).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      assertThat((double) actual[i])
          .as(says("%s on whole arrays, element %d", what, i))
          .isCloseTo(expected[i], within(1e-5 * (1 + Math.abs(expected[i]))));
    }
  }

  // How arrays are treated

  /** Only what is to be written is written. */
  @Test
  protected final void doesNotChangeItsInputs() {
    Example example = Example.random(pruner());
    Map<String, float[]> inputs = new LinkedHashMap<>();
    inputs.put("weights", example.weights);
    inputs.put("gradient", example.gradient);
    inputs.put("gradient of the mask", example.maskGradient);
    inputs.put("uniform numbers", example.uniform);
    inputs.put("scores", example.scores);
    for (int i = 0; i < example.statistics.length; i++) {
      inputs.put("statistic " + i + " of an update before", example.statistics[i]);
    }
    Map<String, float[]> before = new LinkedHashMap<>();
    inputs.forEach((what, values) -> before.put(what, values.clone()));

    example.answers();
    example.masks();

    assertSame("as before", inputs, before);
  }

  /** Every element of what is to be written gets a finite value, kept or pruned. */
  @Test
  protected final void writesEveryElement() {
    Example.random(pruner())
        .answers() // computed over arrays full of NaN
        .forEach(PrunerContract::assertFinite);
  }

  /**
   * A NaN in what decides comes out as NaN or as an exception that says so, so that the engine
   * stops and names the parameter, instead of training on with an arbitrary mask.
   */
  @Test
  protected final void letsNaNBeReported() {
    for (int at : new int[] {0, Example.SIZE / 2, Example.SIZE - 1}) {
      Example example = Example.random(pruner());
      float[] decides =
          example.pruner instanceof ScorePruner
              ? example.scores
              : example.pruner instanceof GradientPruner ? example.gradient : example.weights;
      decides[at] = Float.NaN;

      example
          .decisions()
          .forEach(
              (what, decision) ->
                  assertThatThrownBy(() -> TopShare.requireNumbers(decision.get()))
                      .as(says("%s, NaN at element %d", what, at))
                      .isInstanceOf(IllegalArgumentException.class)
                      .hasMessageContaining("NaN"));
    }
  }

  // What only some kinds promise

  /** All chance of a gate comes from the numbers that it is given; a decision has none. */
  @Test
  protected final void gatesTakeTheirChanceFromOutside() {
    Example example = Example.random(pruner());
    if (!(example.rule instanceof MaskRule.Gates gates)) {
      return;
    }
    float[] scores = example.scores;
    float[] decided = Example.written(out -> gates.decide(example.moment(), scores, out));
    float[] sampled =
        Example.written(out -> gates.sample(example.moment(), scores, example.uniform, out));

    for (float u : new float[] {0.01f, 0.99f}) {
      Example.written(out -> gates.sample(example.moment(), scores, Example.filled(u), out));
      assertThat(Example.written(out -> gates.decide(example.moment(), scores, out)))
          .as(says("decided mask, after numbers of %s", u))
          .isEqualTo(decided);
      assertThat(
              Example.written(out -> gates.sample(example.moment(), scores, example.uniform, out)))
          .as(says("mask of the same numbers, after others of %s", u))
          .isEqualTo(sampled);
    }
  }

  /** Gates and their gradients are finite for every score and every number in (0, 1). */
  @Test
  protected final void gatesStayFiniteAtTheExtremes() {
    Example example = Example.random(pruner());
    if (!(example.rule instanceof MaskRule.Gates gates)) {
      return;
    }
    ScorePruner pruner = (ScorePruner) example.pruner;
    for (float score : new float[] {-1e30f, -100, -3, 0, 3, 100, 1e30f}) {
      float[] scores = Example.filled(score);
      assertFinite(
          "mask at " + score, Example.written(out -> gates.decide(example.moment(), scores, out)));
      for (float u : new float[] {Float.MIN_VALUE, 0.5f, Math.nextDown(1f)}) {
        float[] mask =
            Example.written(out -> gates.sample(example.moment(), scores, Example.filled(u), out));
        String where = " at " + score + " with " + u;
        assertFinite("mask" + where, mask);
        assertFinite(
            "gradient" + where,
            Example.written(
                out ->
                    pruner.scoreGradient(
                        example.moment(), example.maskGradient, scores, mask, out)));
      }
    }
  }

  /** A constant mask removes what is zero, and is the same for what it left. */
  @Test
  protected final void constantMaskKeepsZerosZero() {
    Example example = Example.random(pruner());
    if (!(example.pruner instanceof ConstantPruner pruner)) {
      return;
    }
    float[] mask = Example.written(out -> pruner.mask(example.moment(), example.weights, out));
    float[] left = new float[mask.length];
    for (int i = 0; i < mask.length; i++) {
      left[i] = example.weights[i] * mask[i];
      if (example.weights[i] == 0) {
        assertThat(mask[i]).as(says("mask of element %d, a zero", i)).isZero();
      }
    }
    assertThat(Example.written(out -> pruner.mask(example.moment(), left, out)))
        .as(says("mask of the weights that it left"))
        .isEqualTo(mask);
  }

  /** A penalty on whole units pulls them towards zero, finitely, or there is none. */
  @Test
  protected final void shrinkageIsAFinitePull() {
    if (!(pruner() instanceof WeightPruner pruner)) {
      return;
    }
    Step moment = Example.random(pruner).moment();
    for (double norm : new double[] {Float.MIN_VALUE, 1e-9, 1e-3, 1, 1e3, Float.MAX_VALUE}) {
      double shrinkage = pruner.shrinkage(moment, norm);
      assertThat(shrinkage).as("shrinkage(%s)", norm).isFinite().isNotNegative();
      assertThat(shrinkage == 0 || pruner.shrinks())
          .as("shrinkage(%s) = %s is asked for", norm, shrinkage)
          .isTrue();
    }
  }

  /** One parameter set to an end of its range or to an option, for each of them. */
  private List<Map<String, Object>> extremes() {
    List<Map<String, Object>> extremes = new ArrayList<>();
    for (ParameterDescriptor parameter : descriptor().parameters()) {
      List<?> values =
          parameter instanceof ParameterDescriptor.Quantity quantity
              ? List.of(quantity.minimum(), quantity.maximum())
              : ((ParameterDescriptor.Choice) parameter).options();
      values.forEach(value -> extremes.add(Map.of(parameter.name(), value)));
    }
    return extremes;
  }

  private List<PrunerProvider> providers() {
    return allProviders
        .get()
        .filter(provider -> provider.descriptor().name().equals(name))
        .toList();
  }

  private PrunerProvider provider() {
    return providers().stream()
        .findFirst()
        .orElseThrow(() -> new AssertionError("ServiceLoader finds no pruner named " + name));
  }

  private PrunerDescriptor descriptor() {
    return provider().descriptor();
  }

  private Pruner pruner() {
    return provider().create(ParameterValues.of(descriptor(), Map.of()));
  }

  private static List<Integer> kept(float[] mask) {
    return IntStream.range(0, mask.length).filter(i -> mask[i] != 0).boxed().toList();
  }

  private static void assertSame(
      String when, Map<String, float[]> actual, Map<String, float[]> expected) {
    expected.forEach(
        (what, values) ->
            assertThat(actual.get(what)).as(says("%s, %s", what, when)).isEqualTo(values));
  }

  private static void assertMasks(String when, List<float[]> actual, List<float[]> expected) {
    assertThat(actual).as(says("number of masks")).hasSameSizeAs(expected);
    for (int i = 0; i < actual.size(); i++) {
      assertThat(actual.get(i))
          .as(says("mask %d of %d, %s", i + 1, actual.size(), when))
          .isEqualTo(expected.get(i));
    }
  }

  private static void assertFinite(String what, float[] values) {
    for (float value : values) {
      assertThat(Float.isFinite(value)).as(says("%s, found %s", what, value)).isTrue();
    }
  }

  private static String says(String what, Object... arguments) {
    return String.format(Locale.ROOT, what, arguments) + " (seed " + Example.SEED + ")";
  }
}
