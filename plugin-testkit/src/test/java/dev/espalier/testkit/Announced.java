package dev.espalier.testkit;

import dev.espalier.api.pruning.ConstantPruner;
import dev.espalier.api.pruning.FastMath;
import dev.espalier.api.pruning.GradientPruner;
import dev.espalier.api.pruning.MaskRule;
import dev.espalier.api.pruning.ParameterDescriptor;
import dev.espalier.api.pruning.ParameterValues;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.PrunerDescriptor;
import dev.espalier.api.pruning.PrunerDescriptor.Need;
import dev.espalier.api.pruning.PrunerProvider;
import dev.espalier.api.pruning.ScorePruner;
import dev.espalier.api.pruning.TopShare;
import dev.espalier.api.pruning.Units;
import dev.espalier.api.pruning.WeightPruner;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** Announces the pruners of these tests, and holds a sound one of each kind. */
record Announced(PrunerDescriptor descriptor, Supplier<Pruner> pruners) implements PrunerProvider {
  static final Set<Need> SHARE = Set.of(Need.TARGET_SPARSITY);
  static final Set<Need> GRADIENTS = Set.of(Need.TARGET_SPARSITY, Need.GRADIENTS);
  static final Set<Need> SCORES = Set.of(Need.TARGET_SPARSITY, Need.LEARNED_SCORES);
  static final Set<Need> NO_SHARE = Set.of(Need.LEARNED_SCORES);

  static Announced of(
      String name, Set<Need> needs, Supplier<Pruner> pruners, ParameterDescriptor... parameters) {
    return new Announced(
        new PrunerDescriptor(name, "For a test.", "No paper.", needs, List.of(parameters)),
        pruners);
  }

  static Announced weight(WeightPruner pruner) {
    return of("weight", SHARE, () -> pruner);
  }

  static Announced gradient(Supplier<GradientPruner> pruners) {
    return of("gradient", GRADIENTS, pruners::get);
  }

  static Announced scores(Supplier<ScorePruner> pruners) {
    return of("scores", SCORES, pruners::get);
  }

  static Announced gates(Supplier<MaskRule.Gates> gates) {
    return of("gates", NO_SHARE, () -> new SoundScores(gates.get()));
  }

  static Announced constant(ConstantPruner pruner) {
    return of("constant", Set.of(), () -> pruner);
  }

  @Override
  public Pruner create(ParameterValues values) {
    return pruners.get();
  }

  /** By magnitude, with a penalty. */
  static class SoundWeight implements WeightPruner {
    @Override
    public void importance(float[] weights, float[] importance) {
      for (int i = 0; i < weights.length; i++) {
        importance[i] = Math.abs(weights[i]);
      }
    }

    @Override
    public boolean shrinks() {
      return true;
    }

    @Override
    public double shrinkage(double norm) {
      return 0.01 / norm;
    }
  }

  /** Sums up gradients. */
  static class SoundGradient implements GradientPruner {
    @Override
    public void update(float[] gradient, float[] weights, float[] scores) {
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
    public void initializeScores(Units units, float[] scores, RandomGenerator random) {
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
    public void sample(float[] scores, float[] uniform, float[] mask) {
      for (int i = 0; i < mask.length; i++) {
        mask[i] = FastMath.sigmoid(scores[i] + uniform[i]);
      }
    }

    @Override
    public void decide(float[] scores, float[] mask) {
      for (int i = 0; i < mask.length; i++) {
        mask[i] = FastMath.sigmoid(scores[i]);
      }
    }
  }

  /** Keeps what is not zero. */
  static void soundMask(float[] weights, float[] mask) {
    TopShare.requireNumbers(weights);
    for (int i = 0; i < mask.length; i++) {
      mask[i] = weights[i] == 0 ? 0f : 1f;
    }
  }
}
