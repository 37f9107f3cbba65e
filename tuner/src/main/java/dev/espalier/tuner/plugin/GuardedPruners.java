package dev.espalier.tuner.plugin;

import dev.espalier.api.pruning.ConstantPruner;
import dev.espalier.api.pruning.GradientPruner;
import dev.espalier.api.pruning.MaskRule;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.ScorePenalty;
import dev.espalier.api.pruning.ScorePruner;
import dev.espalier.api.pruning.Units;
import dev.espalier.api.pruning.WeightPruner;
import dev.espalier.core.model.Elements;
import dev.espalier.core.training.FromPlugin;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * Pruners of plugins, of each kind, so that what they throw names them.
 *
 * <p>All that they write is looked at, in every step, too, which {@link Elements} says the price
 * of. What follows from arguments that are not finite themselves is no mistake of the plugin; the
 * engine says then that the training diverged.
 */
final class GuardedPruners {
  private GuardedPruners() {}

  /** {@code pruner} with {@code code} to blame. */
  static Pruner of(Pruner pruner, PluginCode code) {
    if (pruner instanceof WeightPruner byWeight) {
      return new ByWeight(byWeight, code);
    }
    if (pruner instanceof GradientPruner byGradient) {
      return new ByGradient(byGradient, code);
    }
    return pruner instanceof ScorePruner scored
        ? new ByScore(scored, code)
        : new Constant((ConstantPruner) pruner, code);
  }

  private record ByWeight(WeightPruner pruner, PluginCode code)
      implements WeightPruner, FromPlugin {
    @Override
    public void importance(float[] weights, float[] importance) {
      code.run(pruner, "importance", () -> pruner.importance(weights, importance));
      checkFinite(importance, "importance set element ", pruner, code, weights);
    }

    @Override
    public boolean shrinks() {
      return code.call(pruner, "shrinks", pruner::shrinks);
    }

    /** Called for each unit, and so without a lambda. */
    @Override
    public double shrinkage(double norm) {
      double factor;
      try {
        factor = pruner.shrinkage(norm);
      } catch (Throwable e) {
        throw code.failed(pruner, "shrinkage", e);
      }
      if (Double.isNaN(factor)) {
        throw code.broken(pruner, "shrinkage(" + norm + ") returned " + factor);
      }
      return factor;
    }

    @Override
    public String plugin() {
      return code.inWords();
    }
  }

  private record ByGradient(GradientPruner pruner, PluginCode code)
      implements GradientPruner, FromPlugin {
    @Override
    public void update(float[] gradient, float[] weights, float[] scores) {
      code.run(pruner, "update", () -> pruner.update(gradient, weights, scores));
      checkFinite(scores, "update set score ", pruner, code, gradient, weights);
    }

    @Override
    public String plugin() {
      return code.inWords();
    }
  }

  private record ByScore(ScorePruner pruner, PluginCode code) implements ScorePruner, FromPlugin {
    @Override
    public void initializeScores(Units units, float[] scores, RandomGenerator random) {
      code.run(pruner, "initializeScores", () -> pruner.initializeScores(units, scores, random));
      checkFinite(scores, "initializeScores of " + units.name() + " set score ", pruner, code);
    }

    @Override
    public MaskRule maskRule() {
      MaskRule rule = code.call(pruner, "maskRule", pruner::maskRule);
      return rule instanceof MaskRule.Gates gates ? new Gates(gates, code) : rule;
    }

    @Override
    public void scoreGradient(
        float[] maskGradient, float[] scores, float[] mask, float[] gradient) {
      // The same array may be read and written.
      boolean sound = Elements.firstNotFinite(maskGradient) < 0;
      code.run(
          pruner,
          "scoreGradient",
          () -> pruner.scoreGradient(maskGradient, scores, mask, gradient));
      if (sound) {
        checkFinite(gradient, "scoreGradient set element ", pruner, code, scores, mask);
      }
    }

    @Override
    public Optional<ScorePenalty> penalty() {
      return code.call(pruner, "penalty", pruner::penalty);
    }

    @Override
    public String plugin() {
      return code.inWords();
    }
  }

  private record Gates(MaskRule.Gates gates, PluginCode code) implements MaskRule.Gates {
    @Override
    public void sample(float[] scores, float[] uniform, float[] mask) {
      code.run(gates, "sample", () -> gates.sample(scores, uniform, mask));
      checkMask(mask, gates, "sample", code, scores);
    }

    @Override
    public void decide(float[] scores, float[] mask) {
      code.run(gates, "decide", () -> gates.decide(scores, mask));
      checkMask(mask, gates, "decide", code, scores);
    }
  }

  private record Constant(ConstantPruner pruner, PluginCode code)
      implements ConstantPruner, FromPlugin {
    @Override
    public void mask(float[] weights, float[] mask) {
      code.run(pruner, "mask", () -> pruner.mask(weights, mask));
      checkMask(mask, pruner, "mask", code, weights);
    }

    @Override
    public String plugin() {
      return code.inWords();
    }
  }

  private static void checkFinite(
      float[] values, String did, Object called, PluginCode code, float[]... given) {
    int wrong = Elements.firstNotFinite(values);
    if (wrong >= 0 && areFinite(given)) {
      throw code.broken(called, did + wrong + " to " + values[wrong] + ", which is not finite");
    }
  }

  private static void checkMask(
      float[] mask, Object called, String method, PluginCode code, float[]... given) {
    int wrong = Elements.firstOutsideOfShares(mask);
    if (wrong >= 0 && areFinite(given)) {
      throw code.broken(
          called,
          method + " set element " + wrong + " of a mask to " + mask[wrong] + ", not in [0, 1]");
    }
  }

  private static boolean areFinite(float[]... given) {
    return Stream.of(given).allMatch(values -> Elements.firstNotFinite(values) < 0);
  }
}
