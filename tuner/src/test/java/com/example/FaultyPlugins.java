package com.example;

import dev.espalier.api.metric.ClassificationMetric;
import dev.espalier.api.pruning.ConstantPruner;
import dev.espalier.api.pruning.GradientPruner;
import dev.espalier.api.pruning.MaskRule;
import dev.espalier.api.pruning.ParameterValues;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.PrunerDescriptor;
import dev.espalier.api.pruning.PrunerProvider;
import dev.espalier.api.pruning.ScorePenalty;
import dev.espalier.api.pruning.ScorePruner;
import dev.espalier.api.pruning.Step;
import dev.espalier.api.pruning.UnitWeights;
import dev.espalier.api.pruning.WeightPruner;
import dev.espalier.api.tuning.Observation;
import dev.espalier.api.tuning.Proposal;
import dev.espalier.api.tuning.SearchSpace;
import dev.espalier.api.tuning.StrategyDescriptor;
import dev.espalier.api.tuning.TuningStrategy;
import dev.espalier.api.tuning.TuningStrategyProvider;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Supplier;

/**
 * A stranger's plugins, in a package that is not Espalier's, each of which does what it is told.
 */
public final class FaultyPlugins {
  private FaultyPlugins() {}

  /** Announces what {@code creates} makes. */
  public record Pruners(Supplier<Pruner> creates) implements PrunerProvider {
    @Override
    public PrunerDescriptor descriptor() {
      return new PrunerDescriptor("faulty", "Fails.", "None.", List.of());
    }

    @Override
    public Pruner create(ParameterValues parameters) {
      return creates.get();
    }
  }

  /** Describes itself by {@code describes}. */
  public record Described(Supplier<PrunerDescriptor> describes) implements PrunerProvider {
    @Override
    public PrunerDescriptor descriptor() {
      return describes.get();
    }

    @Override
    public Pruner create(ParameterValues parameters) {
      throw new UnsupportedOperationException();
    }
  }

  /** Does {@code fault} in each method. */
  public record ByWeight(Runnable fault) implements WeightPruner {
    @Override
    public void importance(Step step, float[] weights, float[] importance) {
      fault.run();
    }

    @Override
    public boolean shrinks() {
      fault.run();
      return true;
    }

    @Override
    public double shrinkage(Step step, double norm) {
      fault.run();
      return Double.NaN;
    }
  }

  /** Does {@code fault} in each method, and returns what it must not. */
  public record ByGradient(Runnable fault, List<String> names) implements GradientPruner {
    @Override
    public List<String> statistics() {
      fault.run();
      return names;
    }

    @Override
    public float[] importance(Step step, float[][] statistics, float[] out) {
      fault.run();
      return new float[out.length + 1];
    }

    @Override
    public void update(Step step, float[] gradient, float[] weights, float[][] statistics) {
      fault.run();
    }
  }

  /** Does {@code fault} in each method, and returns what it must not. */
  public record ByScore(Runnable fault, MaskRule rule, Supplier<Optional<ScorePenalty>> penalties)
      implements ScorePruner {
    @Override
    public void initializeScores(Step step, UnitWeights weights, float[] scores) {
      fault.run();
      scores[1] = Float.NaN;
    }

    @Override
    public MaskRule maskRule() {
      fault.run();
      return rule;
    }

    @Override
    public Optional<ScorePenalty> penalty() {
      return penalties.get();
    }

    @Override
    public void scoreGradient(
        Step step, float[] maskGradient, float[] scores, float[] mask, float[] gradient) {
      fault.run();
    }
  }

  /** Does {@code fault}, and opens gates too wide. */
  public record Gates(Runnable fault) implements MaskRule.Gates {
    @Override
    public void sample(Step step, float[] scores, float[] uniform, float[] mask) {
      fault.run();
      mask[0] = 2;
    }

    @Override
    public void decide(Step step, float[] scores, float[] mask) {
      fault.run();
      mask[0] = 2;
    }
  }

  /** Does {@code fault}, and leaves NaN. */
  public record Constant(Runnable fault) implements ConstantPruner {
    @Override
    public void mask(Step step, float[] weights, float[] mask) {
      fault.run();
      mask[0] = Float.NaN;
    }
  }

  /** Announces {@code creates}. */
  public record Strategies(Supplier<TuningStrategy> creates) implements TuningStrategyProvider {
    @Override
    public StrategyDescriptor descriptor() {
      return new StrategyDescriptor("faulty", "Fails.", "None.", List.of());
    }

    @Override
    public TuningStrategy create(ParameterValues parameters) {
      return creates.get();
    }
  }

  /** Does {@code fault} in each method, and returns what {@code next} gives, or null. */
  public record Strategy(Runnable fault, Supplier<Optional<Proposal>> proposes)
      implements TuningStrategy {
    @Override
    public Optional<Proposal> next(SearchSpace space, List<Observation> history, long seed) {
      fault.run();
      return proposes.get();
    }

    @Override
    public Set<Integer> startingPoints(SearchSpace space, List<Observation> history) {
      fault.run();
      return Set.of();
    }

    @Override
    public OptionalLong mostTrials(SearchSpace space) {
      fault.run();
      return OptionalLong.empty();
    }

    @Override
    public String conclusion(SearchSpace space, List<Observation> history) {
      fault.run();
      return "";
    }
  }

  /** Finds models infinitely good. */
  public static final class Infinite implements ClassificationMetric {
    /** A metric; it keeps no state. */
    public Infinite() {}

    @Override
    public String name() {
      return "faulty";
    }

    @Override
    public boolean higherIsBetter() {
      return true;
    }

    @Override
    public double compute(float[][] logits, int[] labels) {
      return Double.POSITIVE_INFINITY;
    }
  }

  /** Does {@code fault} where it computes. */
  public record OfClasses(Runnable fault, String name) implements ClassificationMetric {
    @Override
    public boolean higherIsBetter() {
      return true;
    }

    @Override
    public boolean fits(int classes) {
      fault.run();
      return true;
    }

    @Override
    public double compute(float[][] logits, int[] labels) {
      fault.run();
      return 0;
    }
  }
}
