package dev.espalier.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.espalier.api.pruning.ParameterDescriptor;
import dev.espalier.api.pruning.ParameterValues;
import dev.espalier.api.pruning.PrunableParameter;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.PrunerDescriptor;
import dev.espalier.api.pruning.PrunerProvider;
import dev.espalier.api.pruning.TopShare;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.ServiceLoader;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What every pruner promises. A plugin shows that it keeps these promises with one line:
 *
 * <pre>{@code
 * final class MyPrunerTest extends PrunerContract {
 *   MyPrunerTest() { super("my_pruner"); }
 * }
 * }</pre>
 *
 * <p>The pruner is created by its provider with the default of each parameter. Inputs are random
 * with a fixed seed, which every failure names.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class PrunerContract {
  private static final long SEED = 20_200_515L;
  private static final PrunableParameter MATRIX =
      new PrunableParameter("bert.encoder.layer.0.attention.self.query.weight", 13, 17);

  private final String name;

  /**
   * Names the pruner under test.
   *
   * @param name as in its descriptor
   */
  protected PrunerContract(String name) {
    this.name = name;
  }

  /** {@link ServiceLoader} finds exactly one provider of that name. */
  @Test
  protected final void isDiscoverableThroughServiceLoader() {
    assertThat(providers())
        .as(
            "providers named \"%s\"; is there a line in META-INF/services/%s?",
            name, PrunerProvider.class.getName())
        .hasSize(1);
  }

  /** A user can learn from the descriptor what the pruner does and what can be set. */
  @Test
  protected final void describesItselfCompletely() {
    PrunerDescriptor descriptor = descriptor();

    assertThat(descriptor.description()).as("description").isNotBlank();
    assertThat(descriptor.source()).as("source").isNotBlank();
    assertThat(descriptor.parameters())
        .as("parameters")
        .allSatisfy(
            parameter -> {
              assertThat(parameter.name()).as("name").matches("[a-z][a-z0-9_]*");
              assertThat(parameter.description())
                  .as("description of %s", parameter.name())
                  .isNotBlank();
            })
        .extracting(ParameterDescriptor::name)
        .doesNotHaveDuplicates();
  }

  /** Describing a pruner twice says the same, and so does a second provider. */
  @Test
  protected final void describesItselfTheSameEachTime() {
    assertThat(descriptor()).isEqualTo(descriptor());
  }

  /** A misspelled parameter is an error, not a default that holds in silence. */
  @Test
  protected final void rejectsAnUnknownParameter() {
    assertThatThrownBy(() -> ParameterValues.of(descriptor(), Map.of("no_such_parameter", 1.0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(name)
        .hasMessageContaining("no_such_parameter");
  }

  /** Each end of each parameter's range makes a pruner. */
  @Test
  protected final void isCreatedAtBothEndsOfEachRange() {
    for (ParameterDescriptor parameter : descriptor().parameters()) {
      for (double end : new double[] {parameter.minimum(), parameter.maximum()}) {
        assertThat(
                provider().create(ParameterValues.of(descriptor(), Map.of(parameter.name(), end))))
            .as("%s with %s = %s", name, parameter.name(), end)
            .isNotNull();
      }
    }
  }

  /** Exactly k elements are kept for every k, among them none and all. */
  @Test
  protected final void keepsExactlyTheCountAskedFor() {
    Example example = Example.random(pruner());

    for (int keep = 0; keep <= MATRIX.size(); keep++) {
      assertThat(kept(example.mask(keep))).as(example.says("keep %d", keep)).hasSize(keep);
    }
  }

  /** Exactly k elements are kept when weights and scores are all equal: ties are broken. */
  @Test
  protected final void keepsExactlyTheCountAskedForWhenAllAreEqual() {
    for (float value : new float[] {0f, -0f, 0.5f, -0.5f}) {
      Example example = Example.constant(pruner(), value);
      for (int keep : new int[] {0, 1, MATRIX.size() / 2, MATRIX.size() - 1, MATRIX.size()}) {
        assertThat(kept(example.mask(keep)))
            .as(example.says("all values %s, keep %d", value, keep))
            .hasSize(keep);
      }
    }
  }

  /** A sparser mask keeps a subset of what a denser one keeps. */
  @Test
  protected final void keepsASubsetWhenSparser() {
    Example example = Example.random(pruner());

    List<Integer> sparser = List.of();
    for (int keep = 1; keep <= MATRIX.size(); keep++) {
      List<Integer> denser = kept(example.mask(keep));
      assertThat(denser).as(example.says("keep %d", keep)).containsAll(sparser);
      sparser = denser;
    }
  }

  /** Scores and mask follow from the seed alone. */
  @Test
  protected final void givesTheSameScoresAndMaskForTheSameSeed() {
    Example first = Example.random(pruner());
    Example second = Example.random(pruner());

    assertThat(second.scores).as(first.says("scores")).isEqualTo(first.scores);
    assertThat(second.mask(MATRIX.size() / 3))
        .as(first.says("mask"))
        .isEqualTo(first.mask(MATRIX.size() / 3));
  }

  /** One pruner serves every matrix: what it saw before has no influence. */
  @Test
  protected final void keepsNoStateBetweenMatrices() {
    Pruner pruner = pruner();
    Example alone = Example.random(pruner());
    Example.constant(pruner, 2f).importance();
    Example afterAnother = Example.random(pruner);

    assertThat(afterAnother.scores).as(alone.says("scores")).isEqualTo(alone.scores);
    assertThat(afterAnother.importance())
        .as(alone.says("importance"))
        .isEqualTo(alone.importance());
  }

  /** Every score that training starts from is a number. */
  @Test
  protected final void startsFromFiniteScores() {
    Example example = Example.random(pruner());

    for (float score : example.initialScores) {
      assertThat(Float.isFinite(score))
          .as(example.says("initial score %s is finite", score))
          .isTrue();
    }
  }

  /** Importance only reads W and S. */
  @Test
  protected final void doesNotChangeItsInputs() {
    Example example = Example.random(pruner());
    float[] weights = example.weights.clone();
    float[] scores = example.scores.clone();

    example.importance();

    assertThat(example.weights).as(example.says("weights")).isEqualTo(weights);
    assertThat(example.scores).as(example.says("scores")).isEqualTo(scores);
  }

  /** Importance allocates nothing: it returns the scratch array or one of its inputs. */
  @Test
  protected final void returnsScratchOrAnInput() {
    Example example = Example.random(pruner());
    float[] scratch = new float[MATRIX.size()];

    float[] importance = example.pruner.importance(example.weights, example.scores, scratch);

    assertThat(
            importance == scratch || importance == example.weights || importance == example.scores)
        .as("importance is scratch, the weights or the scores")
        .isTrue();
    assertThat(importance).as("importance").hasSize(MATRIX.size());
  }

  /** What scratch held before has no influence. */
  @Test
  protected final void writesEveryElementOfScratch() {
    Example example = Example.random(pruner());

    for (float importance : example.importance()) { // computed over a scratch full of NaN
      assertThat(Float.isNaN(importance)).as(example.says("importance is NaN")).isFalse();
    }
  }

  /** The gradient of the scores has a value for each element, kept or pruned. */
  @Test
  protected final void writesEveryElementOfTheScoreGradient() {
    Example example = Example.random(pruner());
    if (!example.pruner.learnsScores()) {
      return;
    }

    for (float gradient : example.scoreGradient()) { // computed over an array full of NaN
      assertThat(Float.isFinite(gradient))
          .as(example.says("gradient of a score, found %s", gradient))
          .isTrue();
    }
  }

  /** The gradient of the scores only reads G, W and S, and is the same each time. */
  @Test
  protected final void doesNotChangeTheInputsOfTheScoreGradient() {
    Example example = Example.random(pruner());
    if (!example.pruner.learnsScores()) {
      return;
    }
    float[] gradient = example.gradient.clone();
    float[] weights = example.weights.clone();
    float[] scores = example.scores.clone();

    float[] first = example.scoreGradient();
    float[] second = example.scoreGradient();

    assertThat(second).as(example.says("gradient of the scores")).isEqualTo(first);
    assertThat(example.gradient).as(example.says("effective gradient")).isEqualTo(gradient);
    assertThat(example.weights).as(example.says("weights")).isEqualTo(weights);
    assertThat(example.scores).as(example.says("scores")).isEqualTo(scores);
  }

  /**
   * A NaN in what the pruner ranks by comes out as NaN, so that the engine stops and names the
   * parameter, instead of training on with an arbitrary mask.
   */
  @Test
  protected final void letsNaNBeReported() {
    for (int at : new int[] {0, MATRIX.size() / 2, MATRIX.size() - 1}) {
      Example example = Example.random(pruner());
      float[] ranked = example.pruner.learnsScores() ? example.scores : example.weights;
      ranked[at] = Float.NaN;

      assertThatThrownBy(() -> example.mask(1))
          .as(example.says("NaN at element %d", at))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("NaN");
    }
  }

  private List<PrunerProvider> providers() {
    return ServiceLoader.load(PrunerProvider.class).stream()
        .map(ServiceLoader.Provider::get)
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
    for (float value : mask) {
      assertThat(value == 0f || value == 1f)
          .as("a mask holds zeros and ones, found %s", value)
          .isTrue();
    }
    return IntStream.range(0, mask.length).filter(i -> mask[i] == 1f).boxed().toList();
  }

  /** One matrix with its scores and its gradient, and the pruner that is asked about it. */
  private static final class Example {
    final Pruner pruner;
    final float[] weights;
    final float[] initialScores;
    final float[] scores;
    final float[] gradient;

    private Example(Pruner pruner, float[] weights, float[] initialScores, float[] scores) {
      this.pruner = pruner;
      this.weights = weights;
      this.initialScores = initialScores;
      this.scores = scores;
      this.gradient = values(new Random(SEED + 2));
    }

    /** Weights, and scores as after some training, both of both signs and with many ties. */
    static Example random(Pruner pruner) {
      float[] initial = initialScores(pruner);
      float[] trained = initial.clone();
      float[] movement = values(new Random(SEED + 1));
      for (int i = 0; i < trained.length; i++) {
        trained[i] += movement[i];
      }
      return new Example(pruner, values(new Random(SEED)), initial, trained);
    }

    /** Weights and scores that are all {@code value}. */
    static Example constant(Pruner pruner, float value) {
      float[] weights = new float[MATRIX.size()];
      Arrays.fill(weights, value);
      float[] initial = initialScores(pruner);
      float[] scores = initial.clone();
      Arrays.fill(scores, value);
      return new Example(pruner, weights, initial, scores);
    }

    float[] importance() {
      float[] scratch = new float[MATRIX.size()];
      Arrays.fill(scratch, Float.NaN);
      return pruner.importance(weights, scores, scratch);
    }

    float[] mask(int keep) {
      float[] mask = new float[MATRIX.size()];
      Arrays.fill(mask, Float.NaN);
      new TopShare().select(importance(), keep, mask);
      return mask;
    }

    float[] scoreGradient() {
      float[] result = new float[MATRIX.size()];
      Arrays.fill(result, Float.NaN);
      pruner.scoreGradient(gradient, weights, scores, result);
      return result;
    }

    String says(String what, Object... arguments) {
      return String.format(Locale.ROOT, what, arguments) + " (seed " + SEED + ")";
    }

    private static float[] initialScores(Pruner pruner) {
      if (!pruner.learnsScores()) {
        return new float[0];
      }
      float[] scores = new float[MATRIX.size()];
      pruner.initializeScores(MATRIX, scores, new Random(SEED + 3));
      return scores;
    }

    private static float[] values(Random random) {
      float[] values = new float[MATRIX.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = Math.round(random.nextGaussian() * 20) / 20f;
      }
      return values;
    }
  }
}
