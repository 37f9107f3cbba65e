package dev.espalier.djl;

import dev.espalier.api.pruning.ConstantPruner;
import dev.espalier.api.pruning.GradientPruner;
import dev.espalier.api.pruning.MaskRule;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.ScorePruner;
import dev.espalier.api.pruning.Step;
import dev.espalier.api.pruning.TopShare;
import dev.espalier.api.pruning.Units;
import dev.espalier.api.pruning.WeightPruner;
import dev.espalier.core.training.PrunedMatrix;
import dev.espalier.core.training.UnitGroup;
import dev.espalier.djl.Workers.Scratch;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntFunction;

/** What one group of units is ranked by: the engine's side of the four kinds of pruner. */
sealed interface Scoring {
  /**
   * Per-step inputs: step, seed, threshold and lambda.
   *
   * @param number steps done
   * @param total steps of the training
   * @param seed of the training
   * @param threshold that scores must exceed, where a pruner follows one
   * @param lambda of one group; negative when scores are to rise
   * @param look whether {@link #pull} and what would be kept are wanted
   */
  record Moment(long number, long total, long seed, double threshold, double lambda, boolean look) {
    /** What a pruner is told of a call about {@code units}. */
    Step step(Units units) {
      return new Step(units, number, total, seed);
    }

    /** What a pruner is told of a call about the weights of a matrix. */
    Step step(PrunedMatrix matrix) {
      return step(new Units(matrix.name(), matrix.rows(), matrix.columns()));
    }

    long noiseSeed() {
      return seed * 1_000_003 + number;
    }
  }

  /** The state that {@code pruner} needs for {@code group}. */
  static Scoring of(Pruner pruner, UnitGroup group, List<HostParameter> members, Moment start) {
    if (pruner instanceof WeightPruner byWeight) {
      return new ByWeight(byWeight, group, members);
    }
    if (pruner instanceof GradientPruner byGradient) {
      return ByGradient.of(byGradient, group, members);
    }
    if (pruner instanceof ScorePruner scored) {
      return new Learned(scored, group, members, start);
    }
    return new Constant(
        (ConstantPruner) pruner, members.get(0).weights, start.step(group.members().get(0)));
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
  default boolean penalizeWeights(Moment moment) {
    return false;
  }

  /** Steps the scores along what was observed. */
  default void step(float scale, AdamW.Step step) {}

  /** One value per unit to rank by; valid until {@code scratch} is used again. */
  float[] importance(Moment moment, Scratch scratch);

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
   * Means over each unit of a value per weight, or the values themselves where units are weights.
   *
   * @param values of a member, by its number; they may be in the scratch's first array
   */
  private static float[] means(UnitGroup group, IntFunction<float[]> values, Scratch scratch) {
    return group.isElementwise()
        ? values.apply(0)
        : pooled(group, values, scratch.second(group.units().size()));
  }

  private static float[] pooled(UnitGroup group, IntFunction<float[]> values, float[] means) {
    Arrays.fill(means, 0f);
    for (int i = 0; i < group.members().size(); i++) {
      group.members().get(i).addTo(means, values.apply(i));
    }
    float share = 1f / group.weightsPerUnit();
    for (int i = 0; i < means.length; i++) {
      means[i] *= share;
    }
    return means;
  }

  /** Ranks by the weights. */
  record ByWeight(WeightPruner pruner, UnitGroup group, List<HostParameter> members)
      implements Scoring {
    @Override
    public double observe(float[] mask, Moment moment, Scratch scratch) {
      return 0;
    }

    @Override
    public boolean penalizeWeights(Moment moment) {
      if (!pruner.shrinks()) {
        return false;
      }
      float[] squares = new float[group.units().size()];
      for (int i = 0; i < members.size(); i++) {
        float[] weights = members.get(i).weights;
        float[] squared = new float[weights.length];
        HostParameter.multiply(weights, weights, squared);
        group.members().get(i).addTo(squares, squared);
      }
      Step step = moment.step(group.units());
      for (int u = 0; u < squares.length; u++) {
        double norm = Math.sqrt(squares[u]);
        // Capped, because a factor for a norm that is all but zero can exceed every float.
        squares[u] =
            norm == 0 ? 0f : (float) Math.min(pruner.shrinkage(step, norm), Float.MAX_VALUE);
      }
      for (int i = 0; i < members.size(); i++) {
        HostParameter member = members.get(i);
        float[] factors = new float[member.weights.length];
        group.members().get(i).spread(squares, factors);
        for (int k = 0; k < factors.length; k++) {
          member.gradient[k] += factors[k] * member.weights[k];
        }
      }
      return true;
    }

    @Override
    public float[] importance(Moment moment, Scratch scratch) {
      return means(
          group,
          i -> {
            float[] weights = members.get(i).weights;
            float[] importance = scratch.first(weights.length);
            pruner.importance(moment.step(group.members().get(i)), weights, importance);
            return importance;
          },
          scratch);
    }
  }

  /**
   * Ranks by statistics of the gradients.
   *
   * @param names of the statistics
   * @param statistics of each member, in the order of their names
   */
  record ByGradient(
      GradientPruner pruner,
      UnitGroup group,
      List<HostParameter> members,
      List<String> names,
      List<float[][]> statistics)
      implements Scoring {
    static ByGradient of(GradientPruner pruner, UnitGroup group, List<HostParameter> members) {
      List<String> names = pruner.statistics();
      return new ByGradient(
          pruner,
          group,
          members,
          names,
          members.stream().map(m -> new float[names.size()][m.weights.length]).toList());
    }

    @Override
    public double observe(float[] mask, Moment moment, Scratch scratch) {
      for (int i = 0; i < members.size(); i++) {
        HostParameter member = members.get(i);
        Step step = moment.step(group.members().get(i));
        pruner.update(step, member.gradient, member.weights, statistics.get(i));
      }
      return 0;
    }

    @Override
    public float[] importance(Moment moment, Scratch scratch) {
      return means(
          group,
          i -> {
            float[] room = scratch.first(members.get(i).weights.length);
            return pruner.importance(moment.step(group.members().get(i)), statistics.get(i), room);
          },
          scratch);
    }

    @Override
    public Map<String, float[]> state() {
      Map<String, float[]> state = new TreeMap<>();
      for (int i = 0; i < members.size(); i++) {
        String prefix = members.get(i).name + ":" + GradientPruner.STATISTIC;
        for (int k = 0; k < names.size(); k++) {
          // The one of a pruner that names none is called as in the states of earlier builds.
          String name = names.get(k);
          state.put(
              name.equals(GradientPruner.STATISTIC) ? prefix : prefix + "." + name,
              statistics.get(i)[k]);
        }
      }
      return state;
    }
  }

  /** Ranks, or decides, by trained scores. */
  final class Learned implements Scoring {
    private final ScorePruner pruner;
    private final UnitGroup group;
    private final List<HostParameter> members;
    private final float[] scores;
    private final float[] gradient;
    private final AdamW optimizer;
    private double pull;

    Learned(ScorePruner pruner, UnitGroup group, List<HostParameter> members, Moment start) {
      this.pruner = pruner;
      this.group = group;
      this.members = members;
      this.scores = new float[group.units().size()];
      this.gradient = new float[scores.length];
      this.optimizer = new AdamW(scores.length);
      pruner.initializeScores(start.step(group.units()), this::means, scores);
    }

    /** The mean of a function of the weights over each unit. */
    private void means(DoubleUnaryOperator function, float[] out) {
      Scoring.pooled(
          group,
          i -> {
            float[] weights = members.get(i).weights;
            float[] values = new float[weights.length];
            for (int k = 0; k < values.length; k++) {
              values[k] = (float) function.applyAsDouble(weights[k]);
            }
            return values;
          },
          out);
    }

    @Override
    public double observe(float[] mask, Moment moment, Scratch scratch) {
      takeMaskGradient(scratch);
      pruner.scoreGradient(moment.step(group.units()), gradient, scores, mask, gradient);
      if (moment.look()) {
        pull = Math.sqrt(HostEngine.sumOfSquares(gradient) * gradient.length);
      }
      if (moment.lambda() != 0) {
        pruner
            .penalty()
            .ifPresent(p -> p.addGradient(scores, moment.lambda() / scores.length, gradient));
      }
      return HostEngine.sumOfSquares(gradient);
    }

    /** ∂L/∂M = G ⊙ W, summed over each unit. */
    private void takeMaskGradient(Scratch scratch) {
      if (group.isElementwise()) {
        HostParameter only = members.get(0);
        HostParameter.multiply(only.gradient, only.weights, gradient);
        return;
      }
      Arrays.fill(gradient, 0f);
      for (int i = 0; i < members.size(); i++) {
        HostParameter member = members.get(i);
        PrunedMatrix matrix = group.members().get(i);
        float[] product = scratch.first(member.weights.length);
        HostParameter.multiply(member.gradient, member.weights, product);
        matrix.addTo(gradient, product);
      }
    }

    @Override
    public void step(float scale, AdamW.Step step) {
      optimizer.update(scores, gradient, scale, step);
    }

    @Override
    public float[] importance(Moment moment, Scratch scratch) {
      return scores;
    }

    @Override
    public void decide(float[] mask, Moment moment, boolean training, Scratch scratch) {
      if (pruner.maskRule() instanceof MaskRule.Threshold rule) {
        scratch.selection.selectAbove(scores, moment.threshold(), rule.floor(), mask);
        return;
      }
      Step step = moment.step(group.units());
      MaskRule.Gates gates = (MaskRule.Gates) pruner.maskRule();
      TopShare.requireNumbers(scores);
      if (training) {
        float[] uniform = scratch.first(scores.length);
        UniformNoise.fill(moment.noiseSeed() ^ group.name().hashCode(), uniform);
        gates.sample(step, scores, uniform, mask);
      } else {
        gates.decide(step, scores, mask);
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

    Constant(ConstantPruner pruner, float[] weights, Step start) {
      fixed = new float[weights.length];
      pruner.mask(start, weights, fixed);
    }

    @Override
    public double observe(float[] mask, Moment moment, Scratch scratch) {
      return 0;
    }

    @Override
    public float[] importance(Moment moment, Scratch scratch) {
      return fixed;
    }

    @Override
    public void decide(float[] mask, Moment moment, boolean training, Scratch scratch) {
      System.arraycopy(fixed, 0, mask, 0, mask.length);
    }
  }
}
