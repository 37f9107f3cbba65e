package dev.espalier.tuner.plugin;

import dev.espalier.api.pruning.ConstantPruner;
import dev.espalier.api.pruning.GradientPruner;
import dev.espalier.api.pruning.MaskRule;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.ScorePenalty;
import dev.espalier.api.pruning.ScorePruner;
import dev.espalier.api.pruning.Units;
import dev.espalier.api.pruning.WeightPruner;
import dev.espalier.core.training.FromPlugin;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Pruners of plugins, of each kind, so that what they throw names them.
 *
 * <p>What runs in every step costs one more call for each matrix and nothing for its elements, so
 * values are not looked at here: the engine notices what is no number. What runs once is checked.
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
        throw code.broken(pruner, "shrinkage(" + norm + ") returned NaN");
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
      for (int i = 0; i < scores.length; i++) {
        if (!Float.isFinite(scores[i])) {
          throw code.broken(
              pruner,
              "initializeScores set score " + i + " of " + units.name() + " to " + scores[i]);
        }
      }
    }

    @Override
    public MaskRule maskRule() {
      MaskRule rule = code.call(pruner, "maskRule", pruner::maskRule);
      return rule instanceof MaskRule.Gates gates ? new Gates(gates, code) : rule;
    }

    @Override
    public void scoreGradient(
        float[] maskGradient, float[] scores, float[] mask, float[] gradient) {
      code.run(
          pruner,
          "scoreGradient",
          () -> pruner.scoreGradient(maskGradient, scores, mask, gradient));
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
    }

    @Override
    public void decide(float[] scores, float[] mask) {
      code.run(gates, "decide", () -> gates.decide(scores, mask));
      checkMask(mask, gates, "decide", code);
    }
  }

  private record Constant(ConstantPruner pruner, PluginCode code)
      implements ConstantPruner, FromPlugin {
    @Override
    public void mask(float[] weights, float[] mask) {
      code.run(pruner, "mask", () -> pruner.mask(weights, mask));
      checkMask(mask, pruner, "mask", code);
    }

    @Override
    public String plugin() {
      return code.inWords();
    }
  }

  private static void checkMask(float[] mask, Object called, String method, PluginCode code) {
    for (int i = 0; i < mask.length; i++) {
      if (!(mask[i] >= 0 && mask[i] <= 1)) {
        throw code.broken(
            called, method + " set element " + i + " of a mask to " + mask[i] + ", not in [0, 1]");
      }
    }
  }
}
