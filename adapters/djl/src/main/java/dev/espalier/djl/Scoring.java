package dev.espalier.djl;

import dev.espalier.api.pruning.ConstantPruner;
import dev.espalier.api.pruning.GradientPruner;
import dev.espalier.api.pruning.MaskRule;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.ScorePruner;
import dev.espalier.api.pruning.TopShare;
import dev.espalier.api.pruning.WeightPruner;
import dev.espalier.core.training.PrunedMatrix;
import dev.espalier.core.training.UnitGroup;
import dev.espalier.djl.Workers.Scratch;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** What one group of units is ranked by: the engine's side of the four kinds of pruner. */
sealed interface Scoring {
  /**
   * What a pruner of any kind needs to be told about a moment of the training.
   *
   * @param lambda of one group; negative when scores are to rise
   * @param look whether {@link #pull} and what would be kept are wanted
   */
  record Moment(double threshold, double lambda, long noiseSeed, boolean look) {}

  /** The state that {@code pruner} needs for {@code group}. */
  static Scoring of(Pruner pruner, UnitGroup group, List<TrainedParameter> members, long seed) {
    if (pruner instanceof WeightPruner byWeight) {
      return new ByWeight(byWeight, group, members);
    }
    if (pruner instanceof GradientPruner byGradient) {
      return new ByGradient(byGradient, group, members);
    }
    if (pruner instanceof ScorePruner scored) {
      return new Learned(scored, group, members, seed);
    }
    return new Constant((ConstantPruner) pruner, members.get(0));
  }

  /**
   * Looks at the gradients of the effective weights, before they are masked.
   *
   * @param mask the mask of the forward pass, one value per unit
   * @return the squared norm of the scores' own gradient
   */
  double observe(float[] mask, Moment moment, Scratch scratch);

  /**
   * Adds to the weights' gradient, once that is masked.
   *
   * @return whether anything was added
   */
  default boolean penalizeWeights() {
    return false;
  }

  /** Steps the scores along what was observed. */
  default void step(float scale, AdamW.Step step) {}

  /** One value per unit to rank by; valid until {@code scratch} is used again. */
  float[] importance(Scratch scratch);

  /** Writes the mask, where units do not compete for it. */
  default void decide(float[] mask, Moment moment, boolean training, Scratch scratch) {
    throw new UnsupportedOperationException("units compete");
  }

  /**
   * The root mean square of the task's gradient of the scores at the last look, times their number:
   * in units of a penalty that is a mean over the scores.
   */
  default double pull() {
    return 0;
  }

  /** Trained scores, one per unit; empty where there are none. */
  default float[] scores() {
    return new float[0];
  }

  /** Everything that training changes, live, by name; empty where nothing is kept between steps. */
  default Map<String, float[]> state() {
    return Map.of();
  }

  /**
   * Means over each unit of a value per weight, or {@code values} itself where units are weights.
   */
  private static float[] means(UnitGroup group, List<float[]> values, Scratch scratch) {
    if (group.isElementwise()) {
      return values.get(0);
    }
    float[] means = scratch.second(group.units().size());
    Arrays.fill(means, 0f);
    for (int i = 0; i < values.size(); i++) {
      group.members().get(i).addTo(means, values.get(i));
    }
    float share = 1f / group.weightsPerUnit();
    for (int i = 0; i < means.length; i++) {
      means[i] *= share;
    }
    return means;
  }

  /** Ranks by the weights. */
  record ByWeight(WeightPruner pruner, UnitGroup group, List<TrainedParameter> members)
      implements Scoring {
    @Override
    public double observe(float[] mask, Moment moment, Scratch scratch) {
      return 0;
    }

    @Override
    public boolean penalizeWeights() {
      if (!pruner.shrinks()) {
        return false;
      }
      float[] squares = new float[group.units().size()];
      for (int i = 0; i < members.size(); i++) {
        float[] weights = members.get(i).weights;
        float[] squared = new float[weights.length];
        TrainedParameter.multiply(weights, weights, squared);
        group.members().get(i).addTo(squares, squared);
      }
      for (int u = 0; u < squares.length; u++) {
        double norm = Math.sqrt(squares[u]);
        // Capped, because a factor for a norm that is all but zero can exceed every float.
        squares[u] = norm == 0 ? 0f : (float) Math.min(pruner.shrinkage(norm), Float.MAX_VALUE);
      }
      for (int i = 0; i < members.size(); i++) {
        TrainedParameter member = members.get(i);
        float[] factors = new float[member.weights.length];
        group.members().get(i).spread(squares, factors);
        for (int k = 0; k < factors.length; k++) {
          member.gradient[k] += factors[k] * member.weights[k];
        }
      }
      return true;
    }

    @Override
    public float[] importance(Scratch scratch) {
      if (group.isElementwise()) {
        float[] importance = scratch.first(members.get(0).weights.length);
        pruner.importance(members.get(0).weights, importance);
        return importance;
      }
      return means(group, members.stream().map(this::importanceOf).toList(), scratch);
    }

    private float[] importanceOf(TrainedParameter member) {
      float[] importance = new float[member.weights.length];
      pruner.importance(member.weights, importance);
      return importance;
    }
  }

  /** Ranks by a statistic of the gradients. */
  record ByGradient(
      GradientPruner pruner,
      UnitGroup group,
      List<TrainedParameter> members,
      List<float[]> statistics)
      implements Scoring {
    ByGradient(GradientPruner pruner, UnitGroup group, List<TrainedParameter> members) {
      this(pruner, group, members, members.stream().map(m -> new float[m.weights.length]).toList());
    }

    @Override
    public double observe(float[] mask, Moment moment, Scratch scratch) {
      for (int i = 0; i < members.size(); i++) {
        TrainedParameter member = members.get(i);
        pruner.update(member.gradient, member.weights, statistics.get(i));
      }
      return 0;
    }

    @Override
    public float[] importance(Scratch scratch) {
      return means(group, statistics, scratch);
    }

    @Override
    public Map<String, float[]> state() {
      Map<String, float[]> state = new TreeMap<>();
      for (int i = 0; i < members.size(); i++) {
        state.put(members.get(i).name + ":statistic", statistics.get(i));
      }
      return state;
    }
  }

  /** Ranks, or decides, by trained scores. */
  final class Learned implements Scoring {
    private final ScorePruner pruner;
    private final UnitGroup group;
    private final List<TrainedParameter> members;
    private final float[] scores;
    private final float[] gradient;
    private final AdamW optimizer;
    private double pull;

    Learned(ScorePruner pruner, UnitGroup group, List<TrainedParameter> members, long seed) {
      this.pruner = pruner;
      this.group = group;
      this.members = members;
      this.scores = new float[group.units().size()];
      this.gradient = new float[scores.length];
      this.optimizer = new AdamW(scores.length);
      pruner.initializeScores(
          group.units(), scores, new SplittableRandom(seed ^ group.name().hashCode()));
    }

    @Override
    public double observe(float[] mask, Moment moment, Scratch scratch) {
      takeMaskGradient(scratch);
      pruner.scoreGradient(gradient, scores, mask, gradient);
      if (moment.look()) {
        pull = Math.sqrt(FusedStep.sumOfSquares(gradient) * gradient.length);
      }
      if (moment.lambda() != 0) {
        pruner
            .penalty()
            .ifPresent(p -> p.addGradient(scores, moment.lambda() / scores.length, gradient));
      }
      return FusedStep.sumOfSquares(gradient);
    }

    /** ∂L/∂M = G ⊙ W, summed over each unit. */
    private void takeMaskGradient(Scratch scratch) {
      if (group.isElementwise()) {
        TrainedParameter only = members.get(0);
        TrainedParameter.multiply(only.gradient, only.weights, gradient);
        return;
      }
      Arrays.fill(gradient, 0f);
      for (int i = 0; i < members.size(); i++) {
        TrainedParameter member = members.get(i);
        PrunedMatrix matrix = group.members().get(i);
        float[] product = scratch.first(member.weights.length);
        TrainedParameter.multiply(member.gradient, member.weights, product);
        matrix.addTo(gradient, product);
      }
    }

    @Override
    public void step(float scale, AdamW.Step step) {
      optimizer.update(scores, gradient, scale, step);
    }

    @Override
    public float[] importance(Scratch scratch) {
      return scores;
    }

    @Override
    public void decide(float[] mask, Moment moment, boolean training, Scratch scratch) {
      if (pruner.maskRule() instanceof MaskRule.Threshold rule) {
        rule.apply(moment.threshold(), scores, scratch.selection, mask);
        return;
      }
      MaskRule.Gates gates = (MaskRule.Gates) pruner.maskRule();
      TopShare.requireNumbers(scores);
      if (training) {
        float[] uniform = scratch.first(scores.length);
        UniformNoise.fill(moment.noiseSeed() ^ group.name().hashCode(), uniform);
        gates.sample(scores, uniform, mask);
      } else {
        gates.decide(scores, mask);
      }
    }

    @Override
    public double pull() {
      return pull;
    }

    @Override
    public float[] scores() {
      return scores;
    }

    @Override
    public Map<String, float[]> state() {
      String name = group.name() + ":score";
      return Map.of(
          name, scores, name + ".mean", optimizer.mean(), name + ".variance", optimizer.variance());
    }
  }

  /** Keeps the mask of the start. */
  final class Constant implements Scoring {
    private final float[] fixed;

    Constant(ConstantPruner pruner, TrainedParameter only) {
      fixed = new float[only.weights.length];
      pruner.mask(only.weights, fixed);
    }

    @Override
    public double observe(float[] mask, Moment moment, Scratch scratch) {
      return 0;
    }

    @Override
    public float[] importance(Scratch scratch) {
      return fixed;
    }

    @Override
    public void decide(float[] mask, Moment moment, boolean training, Scratch scratch) {
      System.arraycopy(fixed, 0, mask, 0, mask.length);
    }
  }
}
