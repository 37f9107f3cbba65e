package dev.espalier.testkit;

import dev.espalier.api.pruning.ConstantPruner;
import dev.espalier.api.pruning.FastMath;
import dev.espalier.api.pruning.GradientPruner;
import dev.espalier.api.pruning.MaskRule;
import dev.espalier.api.pruning.ParameterDescriptor;
import dev.espalier.api.pruning.ParameterDescriptor.Choice;
import dev.espalier.api.pruning.ParameterValues;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.PrunerDescriptor;
import dev.espalier.api.pruning.PrunerProvider;
import dev.espalier.api.pruning.ScorePruner;
import dev.espalier.api.pruning.Step;
import dev.espalier.api.pruning.TopShare;
import dev.espalier.api.pruning.UnitWeights;
import dev.espalier.api.pruning.WeightPruner;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** Announces the pruners of these tests, and holds a sound one of each kind. */
record Announced(PrunerDescriptor descriptor, Function<ParameterValues, Pruner> pruners)
    implements PrunerProvider {
  static Announced of(String name, Supplier<Pruner> pruners, ParameterDescriptor... parameters) {
    return new Announced(
        new PrunerDescriptor(name, "For a test.", "No paper.", List.of(parameters)),
        values -> pruners.get());
  }

  /** Ranks by the weights, or learns scores when its parameter says so. */
  static Announced byParameter() {
    Choice kind = new Choice("kind", "weight", List.of("weight", "scores"), "Of the pruner.");
    return new Announced(
        new PrunerDescriptor("two_kinds", "For a test.", "No paper.", List.of(kind)),
        values ->
            values.choice("kind").equals("weight")
                ? new SoundWeight()
                : new SoundScores(MaskRule.SHARE));
  }

  static Announced weight(WeightPruner pruner) {
    return of("weight", () -> pruner);
  }

  static Announced gradient(Supplier<GradientPruner> pruners) {
    return of("gradient", pruners::get);
  }

  static Announced scores(Supplier<ScorePruner> pruners) {
    return of("scores", pruners::get);
  }

  static Announced gates(Supplier<MaskRule.Gates> gates) {
    return of("gates", () -> new SoundScores(gates.get()));
  }

  static Announced constant(ConstantPruner pruner) {
    return of("constant", () -> pruner);
  }

  @Override
  public Pruner create(ParameterValues values) {
    return pruners.apply(values);
  }

  /** By magnitude, with a penalty. */
  static class SoundWeight implements WeightPruner {
    @Override
    public void importance(Step step, float[] weights, float[] importance) {
      for (int i = 0; i < weights.length; i++) {
        importance[i] = Math.abs(weights[i]);
      }
    }

    @Override
    public boolean shrinks() {
      return true;
    }

    @Override
    public double shrinkage(Step step, double norm) {
      return 0.01 / norm;
    }
  }

  /** Sums up gradients. */
  static class SoundGradient implements GradientPruner {
    @Override
    public void update(Step step, float[] gradient, float[] weights, float[][] statistics) {
      float[] scores = statistics[0];
      for (int i = 0; i < scores.length; i++) {
        scores[i] += gradient[i];
      }
    }
  }

  /** Starts at random and follows a rule. */
  static class SoundScores implements ScorePruner {
    private final MaskRule rule;

    SoundScores(MaskRule rule) {
      this.rule = rule;
    }

    @Override
    public void initializeScores(Step step, UnitWeights weights, float[] scores) {
      RandomGenerator random = step.random();
      for (int i = 0; i < scores.length; i++) {
        scores[i] = random.nextFloat();
      }
    }

    @Override
    public MaskRule maskRule() {
      return rule;
    }
  }

  /** Open by as much as the score says. */
  static class SoundGates implements MaskRule.Gates {
    @Override
    public void sample(Step step, float[] scores, float[] uniform, float[] mask) {
      for (int i = 0; i < mask.length; i++) {
        mask[i] = FastMath.sigmoid(scores[i] + uniform[i]);
      }
    }

    @Override
    public void decide(Step step, float[] scores, float[] mask) {
      for (int i = 0; i < mask.length; i++) {
        mask[i] = FastMath.sigmoid(scores[i]);
      }
    }
  }

  /** Keeps what is not zero. */
  static void soundMask(Step step, float[] weights, float[] mask) {
    TopShare.requireNumbers(weights);
    for (int i = 0; i < mask.length; i++) {
      mask[i] = weights[i] == 0 ? 0f : 1f;
    }
  }
}
