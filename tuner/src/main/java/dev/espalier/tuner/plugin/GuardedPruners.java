package dev.espalier.tuner.plugin;

import dev.espalier.api.pruning.ConstantPruner;
import dev.espalier.api.pruning.GradientPruner;
import dev.espalier.api.pruning.MaskRule;
import dev.espalier.api.pruning.Ops;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.ScorePenalty;
import dev.espalier.api.pruning.ScorePruner;
import dev.espalier.api.pruning.Step;
import dev.espalier.api.pruning.UnitWeights;
import dev.espalier.api.pruning.Vec;
import dev.espalier.api.pruning.WeightPruner;
import dev.espalier.core.model.Elements;
import dev.espalier.core.training.FromPlugin;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
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
    public void importance(Step step, float[] weights, float[] importance) {
      run(code, pruner, "importance", () -> pruner.importance(step, weights, importance), weights);
      checkFinite(importance, "importance set element ", pruner, code, weights);
    }

    @Override
    public Vec importance(Step step, Vec weights, Ops ops) {
      return code.call(pruner, "importance", () -> pruner.importance(step, weights, ops));
    }

    @Override
    public boolean shrinks() {
      return code.call(pruner, "shrinks", pruner::shrinks);
    }

    /** Called for each unit, and so without a lambda. */
    @Override
    public double shrinkage(Step step, double norm) {
      double factor;
      try {
        factor = pruner.shrinkage(step, norm);
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
    public List<String> statistics() {
      List<String> names = code.call(pruner, "statistics", pruner::statistics);
      if (names.isEmpty()
          || names.stream().anyMatch(name -> name == null || !name.matches("[a-z][a-z0-9_]*"))
          || names.stream().distinct().count() < names.size()) {
        throw code.broken(
            pruner, "statistics() returned " + names + ", not one or more different names");
      }
      return List.copyOf(names);
    }

    @Override
    public void update(Step step, float[] gradient, float[] weights, float[][] statistics) {
      run(
          code,
          pruner,
          "update",
          () -> pruner.update(step, gradient, weights, statistics),
          gradient,
          weights);
      for (int i = 0; i < statistics.length; i++) {
        String did =
            statistics.length == 1
                ? "update set score "
                : "update set statistic " + i + " of weight ";
        checkFinite(statistics[i], did, pruner, code, gradient, weights);
      }
    }

    @Override
    public float[] importance(Step step, float[][] statistics, float[] out) {
      int[] before = bits(statistics);
      float[] importance =
          code.call(pruner, "importance", () -> pruner.importance(step, statistics, out));
      requireUnchanged(code, pruner, "importance", before, statistics);
      if (importance.length != out.length) {
        throw code.broken(
            pruner,
            "importance returned "
                + importance.length
                + " values, not the "
                + out.length
                + " of the matrix");
      }
      checkFinite(importance, "importance set element ", pruner, code, statistics);
      return importance;
    }

    @Override
    public List<Vec> update(Step step, Vec gradient, Vec weights, List<Vec> statistics, Ops ops) {
      return code.call(
          pruner, "update", () -> pruner.update(step, gradient, weights, statistics, ops));
    }

    @Override
    public Vec importance(Step step, List<Vec> statistics, Ops ops) {
      return code.call(pruner, "importance", () -> pruner.importance(step, statistics, ops));
    }

    @Override
    public String plugin() {
      return code.inWords();
    }
  }

  private record ByScore(ScorePruner pruner, PluginCode code) implements ScorePruner, FromPlugin {
    @Override
    public void initializeScores(Step step, UnitWeights weights, float[] scores) {
      code.run(pruner, "initializeScores", () -> pruner.initializeScores(step, weights, scores));
      String did = "initializeScores of " + step.units().name() + " set score ";
      checkFinite(scores, did, pruner, code);
    }

    @Override
    public MaskRule maskRule() {
      MaskRule rule = code.call(pruner, "maskRule", pruner::maskRule);
      return rule instanceof MaskRule.Gates gates ? new Gates(gates, code) : rule;
    }

    @Override
    public void scoreGradient(
        Step step, float[] maskGradient, float[] scores, float[] mask, float[] gradient) {
      // The same array may be read and written.
      boolean sound = Elements.firstNotFinite(maskGradient) < 0;
      run(
          code,
          pruner,
          "scoreGradient",
          () -> pruner.scoreGradient(step, maskGradient, scores, mask, gradient),
          scores,
          mask);
      if (sound) {
        checkFinite(gradient, "scoreGradient set element ", pruner, code, scores, mask);
      }
    }

    @Override
    public Vec scoreGradient(Step step, Vec maskGradient, Vec scores, Vec mask, Ops ops) {
      return code.call(
          pruner,
          "scoreGradient",
          () -> pruner.scoreGradient(step, maskGradient, scores, mask, ops));
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
    public void sample(Step step, float[] scores, float[] uniform, float[] mask) {
      run(code, gates, "sample", () -> gates.sample(step, scores, uniform, mask), scores, uniform);
      checkMask(mask, gates, "sample", code, scores);
    }

    @Override
    public void decide(Step step, float[] scores, float[] mask) {
      run(code, gates, "decide", () -> gates.decide(step, scores, mask), scores);
      checkMask(mask, gates, "decide", code, scores);
    }

    @Override
    public Vec sample(Step step, Vec scores, Vec uniform, Ops ops) {
      return code.call(gates, "sample", () -> gates.sample(step, scores, uniform, ops));
    }

    @Override
    public Vec decide(Step step, Vec scores, Ops ops) {
      return code.call(gates, "decide", () -> gates.decide(step, scores, ops));
    }
  }

  private record Constant(ConstantPruner pruner, PluginCode code)
      implements ConstantPruner, FromPlugin {
    @Override
    public void mask(Step step, float[] weights, float[] mask) {
      run(code, pruner, "mask", () -> pruner.mask(step, weights, mask), weights);
      int wrong = Elements.firstNeitherZeroNorOne(mask);
      if (wrong >= 0 && areFinite(weights)) {
        throw code.broken(
            pruner, "mask set element " + wrong + " of a mask to " + mask[wrong] + ", not 0 or 1");
      }
    }

    @Override
    public String plugin() {
      return code.inWords();
    }
  }

  /** Calls what must not change {@code read}, which the engine trains on. */
  private static void run(
      PluginCode code, Object called, String method, Runnable call, float[]... read) {
    int[] before = bits(read);
    code.run(called, method, call);
    requireUnchanged(code, called, method, before, read);
  }

  private static void requireUnchanged(
      PluginCode code, Object called, String method, int[] before, float[]... read) {
    if (!Arrays.equals(before, bits(read))) {
      throw code.broken(called, method + " changed an array that it may only read");
    }
  }

  private static int[] bits(float[]... arrays) {
    return Stream.of(arrays).mapToInt(Elements::bits).toArray();
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
