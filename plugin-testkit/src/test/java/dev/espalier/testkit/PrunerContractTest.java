package dev.espalier.testkit;

import static dev.espalier.testkit.Announced.constant;
import static dev.espalier.testkit.Announced.gates;
import static dev.espalier.testkit.Announced.gradient;
import static dev.espalier.testkit.Announced.scores;
import static dev.espalier.testkit.Announced.weight;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.espalier.api.pruning.FastMath;
import dev.espalier.api.pruning.GradientPruner;
import dev.espalier.api.pruning.MaskRule;
import dev.espalier.api.pruning.Ops;
import dev.espalier.api.pruning.ParameterDescriptor.Choice;
import dev.espalier.api.pruning.ParameterDescriptor.Quantity;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.PrunerProvider;
import dev.espalier.api.pruning.ScorePruner;
import dev.espalier.api.pruning.Step;
import dev.espalier.api.pruning.UnitWeights;
import dev.espalier.api.pruning.Vec;
import dev.espalier.testkit.Announced.SoundGates;
import dev.espalier.testkit.Announced.SoundGradient;
import dev.espalier.testkit.Announced.SoundScores;
import dev.espalier.testkit.Announced.SoundWeight;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The contract finds the promise that each faulty pruner breaks. */
final class PrunerContractTest {
  private static final Quantity FLOOR = new Quantity("floor", 0.0, 0, 1, "The share always kept.");

  /** One promise of the contract. */
  interface Promise {
    void check(PrunerContract contract) throws Exception;
  }

  static Stream<Arguments> descriptions() {
    AtomicInteger calls = new AtomicInteger();
    return Stream.of(
        fault(
            "is in no service file",
            PrunerContract::isDiscoverableThroughServiceLoader,
            Stream::empty),
        fault(
            "has the name of another",
            PrunerContract::isDiscoverableThroughServiceLoader,
            () -> Stream.of(weight(new SoundWeight()), weight(new SoundWeight()))),
        fault(
            "describes itself another way each time",
            PrunerContract::describesItselfTheSameEachTime,
            () ->
                Stream.of(
                    Announced.of(
                        "weight",
                        SoundWeight::new,
                        new Quantity("floor", 0.0, 0, calls.incrementAndGet(), "Is kept.")))),
        fault(
            "has another kind when a parameter says so",
            PrunerContract::needsTheSameWhateverItsParameters,
            Announced.byParameter()),
        fault(
            "has two statistics of one name",
            PrunerContract::namesItsStatistics,
            gradient(() -> new Statistics("mean", "mean"))),
        fault("has no statistics", PrunerContract::namesItsStatistics, gradient(Statistics::new)),
        fault(
            "takes a parameter that nobody needs",
            PrunerContract::rejectsAnUnknownParameter,
            Announced.of(
                "weight", SoundWeight::new, new Quantity("no_such_parameter", 0.0, 0, 1, "Is."))),
        fault(
            "takes a word that is no option",
            PrunerContract::rejectsAValueOfAnotherType,
            Announced.of(
                "weight",
                SoundWeight::new,
                new Choice("start", "zero", List.of("zero", "no_such_option"), "Is."))),
        fault(
            "cannot be created",
            PrunerContract::isCreatedAtBothEndsOfEachRangeAndForEachOption,
            Announced.of("weight", PrunerContractTest::nothing, FLOOR)));
  }

  static Stream<Arguments> weightPruners() {
    return Stream.of(
        fault(
            "takes a root of the weight",
            PrunerContract::keepsExactlyTheCountAskedFor,
            weight((step, weights, out) -> each(out, i -> (float) Math.sqrt(weights[i])))),
        fault(
            "divides by the spread",
            PrunerContract::keepsExactlyTheCountAskedForWhenAllAreEqual,
            weight((step, weights, out) -> normalized(weights, out))),
        fault(
            "ranks the other way round each time",
            PrunerContract::keepsASubsetWhenSparser,
            weight(new Alternating())),
        fault(
            "ranks the other way round each time",
            PrunerContract::givesTheSameAnswersForTheSameSeed,
            weight(new Alternating())),
        fault(
            "shares an array between threads",
            PrunerContract::servesSeveralThreadsAtOnce,
            weight(new SharedScratch())),
        fault(
            "works in place",
            PrunerContract::doesNotChangeItsInputs,
            weight(
                (step, weights, out) -> {
                  Arrays.sort(weights);
                  System.arraycopy(weights, 0, out, 0, out.length);
                })),
        fault(
            "leaves out the last element",
            PrunerContract::writesEveryElement,
            weight((step, weights, out) -> System.arraycopy(weights, 0, out, 0, out.length - 1))),
        fault(
            "ranks NaN last",
            PrunerContract::letsNaNBeReported,
            weight((step, weights, out) -> each(out, i -> weights[i] > 0 ? weights[i] : 0))),
        fault(
            "shrinks without end",
            PrunerContract::shrinkageIsAFinitePull,
            weight(
                new SoundWeight() {
                  @Override
                  public double shrinkage(Step step, double norm) {
                    return 1 / (float) (norm * norm);
                  }
                })),
        fault(
            "ranks by the square on whole arrays",
            PrunerContract::saysTheSameOnWholeArrays,
            weight(
                new SoundWeight() {
                  @Override
                  public Vec importance(Step step, Vec weights, Ops ops) {
                    return ops.mul(weights, weights);
                  }
                })),
        fault(
            "drives weights away from zero",
            PrunerContract::shrinkageIsAFinitePull,
            weight(
                new SoundWeight() {
                  @Override
                  public double shrinkage(Step step, double norm) {
                    return -1;
                  }
                })),
        fault(
            "shrinks, and does not say so",
            PrunerContract::shrinkageIsAFinitePull,
            weight(
                new SoundWeight() {
                  @Override
                  public boolean shrinks() {
                    return false;
                  }
                })));
  }

  static Stream<Arguments> gradientPruners() {
    return Stream.of(
        fault(
            "keeps its statistic to itself",
            PrunerContract::givesTheSameMasksAfterSavingAndLoading,
            gradient(OwnMomentum::new)),
        fault(
            "keeps its statistic to itself",
            PrunerContract::keepsNoStateBetweenMatrices,
            gradient(OwnMomentum::new)),
        fault(
            "changes the gradient",
            PrunerContract::doesNotChangeItsInputs,
            gradient(
                () ->
                    (step, gradient, weights, statistics) ->
                        each(statistics[0], i -> gradient[i] = Math.abs(gradient[i])))),
        fault(
            "forgets a statistic on whole arrays",
            PrunerContract::saysTheSameOnWholeArrays,
            gradient(
                () ->
                    new SoundGradient() {
                      @Override
                      public List<Vec> update(
                          Step step, Vec gradient, Vec weights, List<Vec> statistics, Ops ops) {
                        return List.of(gradient);
                      }
                    })),
        fault(
            "changes a statistic while it ranks",
            PrunerContract::doesNotChangeItsInputs,
            gradient(
                () ->
                    new SoundGradient() {
                      @Override
                      public float[] importance(Step step, float[][] statistics, float[] out) {
                        each(statistics[0], i -> Math.abs(statistics[0][i]));
                        return statistics[0];
                      }
                    })),
        fault(
            "makes NaN zero",
            PrunerContract::letsNaNBeReported,
            gradient(
                () ->
                    (step, gradient, weights, statistics) ->
                        each(statistics[0], i -> gradient[i] > 0 ? gradient[i] : 0))));
  }

  static Stream<Arguments> scorePruners() {
    return Stream.of(
        fault(
            "has another gradient on whole arrays",
            PrunerContract::saysTheSameOnWholeArrays,
            scores(
                () ->
                    new SoundScores(MaskRule.SHARE) {
                      @Override
                      public Vec scoreGradient(Step step, Vec g, Vec s, Vec mask, Ops ops) {
                        return ops.mul(g, mask);
                      }
                    })),
        fault(
            "starts from the clock",
            PrunerContract::givesTheSameAnswersForTheSameSeed,
            scores(
                () ->
                    new SoundScores(MaskRule.SHARE) {
                      @Override
                      public void initializeScores(Step step, UnitWeights weights, float[] out) {
                        out[0] = System.nanoTime() % 1_000_000;
                      }
                    })),
        fault(
            "starts from infinity",
            PrunerContract::writesEveryElement,
            scores(
                () ->
                    new SoundScores(MaskRule.SHARE) {
                      @Override
                      public void initializeScores(Step step, UnitWeights weights, float[] out) {
                        out[1] = Float.POSITIVE_INFINITY;
                      }
                    })),
        fault(
            "has no gradient where the mask is 0",
            PrunerContract::writesEveryElement,
            scores(
                () ->
                    new SoundScores(MaskRule.SHARE) {
                      @Override
                      public void scoreGradient(
                          Step step, float[] g, float[] s, float[] mask, float[] out) {
                        for (int i = 0; i < out.length; i++) {
                          if (mask[i] == 1) {
                            out[i] = g[i];
                          }
                        }
                      }
                    })),
        fault(
            "changes the gradient of the mask",
            PrunerContract::doesNotChangeItsInputs,
            scores(
                () ->
                    new SoundScores(MaskRule.SHARE) {
                      @Override
                      public void scoreGradient(
                          Step step, float[] g, float[] s, float[] mask, float[] out) {
                        each(out, i -> g[i] *= 2);
                      }
                    })));
  }

  static Stream<Arguments> gatePruners() {
    return Stream.of(
        fault(
            "opens a gate beyond 1",
            PrunerContract::masksLieBetweenZeroAndOne,
            gates(
                () ->
                    new SoundGates() {
                      @Override
                      public void sample(Step step, float[] scores, float[] uniform, float[] mask) {
                        each(mask, i -> scores[i] + uniform[i]);
                      }
                    })),
        fault(
            "has chance of its own",
            PrunerContract::gatesTakeTheirChanceFromOutside,
            gates(
                () ->
                    new SoundGates() {
                      @Override
                      public void sample(Step step, float[] scores, float[] uniform, float[] mask) {
                        each(mask, i -> ThreadLocalRandom.current().nextFloat());
                      }
                    })),
        fault(
            "decides by the last sample",
            PrunerContract::gatesTakeTheirChanceFromOutside,
            gates(RememberingGates::new)),
        fault(
            "has a mask that depends on the weights",
            PrunerContract::maskHoldsAfterAnOptimizerStep,
            Announced.of("gates", GatesOfWeights::new)),
        fault(
            "has a mask that vanishes beside a weight",
            PrunerContract::maskHoldsAfterAnOptimizerStep,
            gates(
                () ->
                    new SoundGates() {
                      @Override
                      public void decide(Step step, float[] scores, float[] mask) {
                        each(mask, i -> Float.MIN_VALUE);
                      }
                    })),
        fault(
            "overflows",
            PrunerContract::gatesStayFiniteAtTheExtremes,
            gates(
                () ->
                    new SoundGates() {
                      @Override
                      public void decide(Step step, float[] scores, float[] mask) {
                        each(
                            mask,
                            i -> (float) Math.exp(scores[i]) / (1 + (float) Math.exp(scores[i])));
                      }
                    })),
        fault(
            "closes a gate where the score is NaN",
            PrunerContract::letsNaNBeReported,
            gates(
                () ->
                    new SoundGates() {
                      @Override
                      public void decide(Step step, float[] scores, float[] mask) {
                        each(mask, i -> scores[i] > 0 ? 1 : 0);
                      }
                    })));
  }

  static Stream<Arguments> constantPruners() {
    return Stream.of(
        fault(
            "scales what it keeps",
            PrunerContract::masksLieBetweenZeroAndOne,
            constant((step, weights, mask) -> each(mask, i -> weights[i] == 0 ? 0 : 2))),
        fault(
            "keeps zeros",
            PrunerContract::constantMaskKeepsZerosZero,
            constant((step, weights, mask) -> Arrays.fill(mask, 1))),
        fault(
            "removes more when asked again",
            PrunerContract::constantMaskKeepsZerosZero,
            constant(
                (step, weights, mask) -> {
                  float mean = 0;
                  int kept = 0;
                  for (float weight : weights) {
                    mean += Math.abs(weight);
                    kept += weight == 0 ? 0 : 1;
                  }
                  float cut = mean / kept;
                  each(mask, i -> Math.abs(weights[i]) > cut ? 1 : 0);
                })),
        fault(
            "takes NaN for a weight to keep",
            PrunerContract::letsNaNBeReported,
            constant((step, weights, mask) -> each(mask, i -> weights[i] == 0 ? 0 : 1))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({
    "descriptions",
    "weightPruners",
    "gradientPruners",
    "scorePruners",
    "gatePruners",
    "constantPruners"
  })
  void findsThatAPruner(String fault, Promise promise, Supplier<Stream<Announced>> providers) {
    String name =
        providers.get().map(provider -> provider.descriptor().name()).findFirst().orElse("nobody");
    PrunerContract contract =
        new PrunerContract(name, () -> providers.get().map(PrunerProvider.class::cast)) {};
    assertThatThrownBy(() -> promise.check(contract))
        .isInstanceOfAny(AssertionError.class, IllegalArgumentException.class);
  }

  private static Arguments fault(String what, Promise promise, Announced provider) {
    return fault(what, promise, () -> Stream.of(provider));
  }

  private static Arguments fault(
      String what, Promise promise, Supplier<Stream<Announced>> providers) {
    return arguments(what, promise, providers);
  }

  /** Says which statistics it keeps. */
  private static final class Statistics implements GradientPruner {
    private final List<String> names;

    Statistics(String... names) {
      this.names = List.of(names);
    }

    @Override
    public List<String> statistics() {
      return names;
    }

    @Override
    public void update(Step step, float[] gradient, float[] weights, float[][] statistics) {
      // What it keeps is never asked for.
    }
  }

  /** Ranks the other way round at each call. */
  private static final class Alternating extends SoundWeight {
    private float sign = 1;

    @Override
    public void importance(Step step, float[] weights, float[] importance) {
      sign = -sign;
      each(importance, i -> sign * weights[i]);
    }
  }

  /** Works in an array of its own, and takes its time. */
  private static final class SharedScratch extends SoundWeight {
    private final float[] scratch = new float[Example.SIZE];

    @Override
    public void importance(Step step, float[] weights, float[] importance) {
      super.importance(step, weights, scratch);
      try {
        Thread.sleep(2);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      System.arraycopy(scratch, 0, importance, 0, importance.length);
    }
  }

  /** Keeps the sum of the gradients in a field, and only shows it. */
  private static final class OwnMomentum implements GradientPruner {
    private final float[] sum = new float[Example.SIZE];

    @Override
    public void update(Step step, float[] gradient, float[] weights, float[][] statistics) {
      float[] scores = statistics[0];
      each(sum, i -> 0.5f * sum[i] + gradient[i] * gradient[i] * (i + 1));
      each(scores, i -> sum[i] % 1);
    }
  }

  /** Closes for good what the last sample closed. */
  private static final class RememberingGates extends SoundGates {
    private float last;

    @Override
    public void sample(Step step, float[] scores, float[] uniform, float[] mask) {
      super.sample(step, scores, uniform, mask);
      last = uniform[0];
    }

    @Override
    public void decide(Step step, float[] scores, float[] mask) {
      each(mask, i -> scores[i] > last ? 1 : 0);
    }
  }

  /** Lets the last gradient, and so the weights, have a say in the mask. */
  private static final class GatesOfWeights implements ScorePruner {
    private float last;

    @Override
    public MaskRule maskRule() {
      return new SoundGates() {
        @Override
        public void decide(Step step, float[] scores, float[] mask) {
          each(mask, i -> FastMath.sigmoid(scores[i] + last));
        }
      };
    }

    @Override
    public void scoreGradient(
        Step step, float[] g, float[] scores, float[] mask, float[] gradient) {
      last = g[0];
      System.arraycopy(g, 0, gradient, 0, g.length);
    }
  }

  private static void normalized(float[] weights, float[] out) {
    float least = Float.POSITIVE_INFINITY;
    float most = Float.NEGATIVE_INFINITY;
    for (float weight : weights) {
      least = Math.min(least, weight);
      most = Math.max(most, weight);
    }
    float offset = least;
    float spread = most - least;
    each(out, i -> (weights[i] - offset) / spread);
  }

  private interface Element {
    float at(int i);
  }

  private static void each(float[] out, Element element) {
    for (int i = 0; i < out.length; i++) {
      out[i] = element.at(i);
    }
  }

  private static Pruner nothing() {
    throw new IllegalArgumentException("not with these parameters");
  }
}
