package dev.espalier.testkit;

import dev.espalier.api.pruning.ConstantPruner;
import dev.espalier.api.pruning.GradientPruner;
import dev.espalier.api.pruning.MaskRule;
import dev.espalier.api.pruning.Ops;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.ScorePruner;
import dev.espalier.api.pruning.Step;
import dev.espalier.api.pruning.TopShare;
import dev.espalier.api.pruning.Units;
import dev.espalier.api.pruning.Vec;
import dev.espalier.api.pruning.WeightPruner;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One matrix as the engine holds it, and the pruner that is asked about it as the engine asks. */
final class Example {
  static final long SEED = 20_200_515L;
  static final Units UNITS = new Units("bert.encoder.layer.0.attention.self.query.weight", 13, 17);
  static final int SIZE = UNITS.size();
  static final long STEPS = 1000;

  final Pruner pruner;

  /** How scores or importance become a mask; null when there is nothing to rank. */
  final @Nullable MaskRule rule;

  final float[] weights;
  final float[] gradient;
  final float[] maskGradient;
  final float[] uniform;

  /** Learned; all zero where the pruner learns none. */
  final float[] scores;

  /** Kept from the gradients, in the pruner's order; none where the pruner keeps none. */
  final float[][] statistics;

  private long stepsDone;

  private Example(
      Pruner pruner,
      float[] weights,
      float[] gradient,
      float[] uniform,
      float[] scores,
      float[][] statistics) {
    this.pruner = pruner;
    this.statistics = statistics;
    rule =
        pruner instanceof ScorePruner scorePruner
            ? scorePruner.maskRule()
            : pruner instanceof ConstantPruner ? null : MaskRule.SHARE;
    this.weights = weights;
    this.gradient = gradient;
    this.uniform = uniform;
    this.scores = scores;
    maskGradient = new float[SIZE];
    for (int i = 0; i < SIZE; i++) {
      maskGradient[i] = gradient[i] * weights[i];
    }
  }

  /** A matrix in the midst of training: values of both signs, with many ties and some zeros. */
  static Example random(Pruner pruner) {
    float[] weights = values(SEED);
    Example past =
        new Example(
            pruner,
            weights,
            values(SEED + 1),
            uniform(),
            initialScores(pruner, weights),
            noStatistics(pruner));
    if (pruner instanceof ScorePruner) {
      float[] movement = values(SEED + 3);
      for (int i = 0; i < SIZE; i++) {
        past.scores[i] += movement[i];
      }
    }
    past.step();
    Example now =
        new Example(
            pruner, values(SEED), values(SEED + 1), uniform(), past.scores, past.statistics);
    now.stepsDone = past.stepsDone;
    return now;
  }

  /** A matrix of which nothing tells one weight from another. */
  static Example constant(Pruner pruner, float value) {
    Example example =
        new Example(
            pruner, filled(value), filled(value), uniform(), new float[SIZE], noStatistics(pruner));
    if (pruner instanceof GradientPruner) {
      example.step();
    } else if (pruner instanceof ScorePruner) {
      Arrays.fill(example.scores, value);
    }
    return example;
  }

  /** The same matrix with other weights. */
  Example withWeights(float[] other) {
    return at(new Example(pruner, other, gradient, uniform, scores, statistics));
  }

  /** What another process reads after this one wrote weights and scores to a file. */
  Example saved(Pruner other) {
    float[][] loaded = Stream.of(statistics).map(Example::bits).toArray(float[][]::new);
    return at(new Example(other, bits(weights), gradient, uniform, bits(scores), loaded));
  }

  private Example at(Example other) {
    other.stepsDone = stepsDone;
    return other;
  }

  /** The present moment. */
  Step moment() {
    return new Step(UNITS, stepsDone, STEPS, SEED);
  }

  /** One step of training. */
  void step() {
    if (pruner instanceof GradientPruner gradientPruner) {
      gradientPruner.update(moment(), gradient, weights, statistics);
    } else if (pruner instanceof ScorePruner scorePruner) {
      float[] scoreGradient = scoreGradient(scorePruner);
      for (int i = 0; i < SIZE; i++) {
        scores[i] -= 0.25f * scoreGradient[i];
      }
    }
    stepsDone++;
  }

  /** What decides about weights, by what it is called: importance, statistics or masks. */
  Map<String, Supplier<float[]>> decisions() {
    Map<String, Supplier<float[]>> decisions = new LinkedHashMap<>();
    if (pruner instanceof WeightPruner weightPruner) {
      decisions.put(
          "importance", () -> written(out -> weightPruner.importance(moment(), weights, out)));
    } else if (pruner instanceof GradientPruner gradientPruner) {
      decisions.put(
          "importance",
          () -> {
            float[][] updated = Stream.of(statistics).map(float[]::clone).toArray(float[][]::new);
            gradientPruner.update(moment(), gradient, weights, updated);
            return gradientPruner.importance(moment(), updated, filled(Float.NaN));
          });
    } else if (pruner instanceof ConstantPruner constantPruner) {
      decisions.put("mask", () -> written(out -> constantPruner.mask(moment(), weights, out)));
    } else if (rule instanceof MaskRule.Gates gates) {
      decisions.put(
          "sampled mask", () -> written(out -> gates.sample(moment(), scores, uniform, out)));
      decisions.put("decided mask", () -> written(out -> gates.decide(moment(), scores, out)));
    } else {
      decisions.put("mask", this::middleMask);
    }
    return decisions;
  }

  /** All that the pruner says about this matrix, by what it is called. */
  Map<String, float[]> answers() {
    Map<String, float[]> answers = new LinkedHashMap<>();
    decisions().forEach((what, decision) -> answers.put(what, decision.get()));
    if (pruner instanceof ScorePruner scorePruner) {
      answers.put("initial scores", initialScores(scorePruner, weights));
      answers.put("gradient of the scores", scoreGradient(scorePruner));
    }
    if (pruner instanceof GradientPruner gradientPruner) {
      float[][] updated = Stream.of(statistics).map(float[]::clone).toArray(float[][]::new);
      gradientPruner.update(moment(), gradient, weights, updated);
      for (int i = 0; i < updated.length; i++) {
        answers.put("statistic " + i, updated[i]);
      }
    }
    return answers;
  }

  /** What the pruner says about this matrix in its whole-array form, by the same names. */
  Map<String, float[]> wholeArrayAnswers(Ops ops) {
    Map<String, float[]> answers = new LinkedHashMap<>();
    Vec w = ops.fromHost(weights);
    Vec s = ops.fromHost(scores);
    if (pruner instanceof WeightPruner weightPruner) {
      answers.put("importance", ops.toHost(weightPruner.importance(moment(), w, ops)));
    } else if (pruner instanceof GradientPruner gradientPruner) {
      List<Vec> kept = Stream.of(statistics).map(ops::fromHost).toList();
      List<Vec> updated = gradientPruner.update(moment(), ops.fromHost(gradient), w, kept, ops);
      answers.put("importance", ops.toHost(gradientPruner.importance(moment(), updated, ops)));
      for (int i = 0; i < updated.size(); i++) {
        answers.put("statistic " + i, ops.toHost(updated.get(i)));
      }
    } else if (pruner instanceof ScorePruner scorePruner) {
      if (rule instanceof MaskRule.Gates gates) {
        Vec u = ops.fromHost(uniform);
        answers.put("sampled mask", ops.toHost(gates.sample(moment(), s, u, ops)));
        answers.put("decided mask", ops.toHost(gates.decide(moment(), s, ops)));
      }
      Vec mask = ops.fromHost(forwardMask());
      Vec gradientOfMask = ops.fromHost(maskGradient);
      answers.put(
          "gradient of the scores",
          ops.toHost(scorePruner.scoreGradient(moment(), gradientOfMask, s, mask, ops)));
    }
    return answers;
  }

  /** What the engine ranks by when it keeps an exact share, or null when it keeps none. */
  float @Nullable [] ranking() {
    if (pruner instanceof WeightPruner weightPruner) {
      return written(out -> weightPruner.importance(moment(), weights, out));
    }
    if (pruner instanceof GradientPruner gradientPruner) {
      return gradientPruner.importance(moment(), statistics, filled(Float.NaN));
    }
    return rule instanceof MaskRule.Share ? scores : null;
  }

  /** The masks that the engine makes as pruning goes on, the densest first; the only one, if so. */
  List<float[]> masks() {
    List<float[]> masks = new ArrayList<>();
    if (ranking() != null) {
      TopShare selection = new TopShare();
      for (int keep = SIZE; keep >= 0; keep--) {
        float[] ranking = Objects.requireNonNull(ranking()); // asked anew, as for each step
        int count = keep;
        masks.add(written(out -> selection.select(ranking, count, out)));
      }
    } else if (rule instanceof MaskRule.Threshold threshold) {
      TopShare selection = new TopShare();
      for (int percent = 0; percent <= 100; percent += 5) {
        double tau = percent / 100.0;
        masks.add(written(out -> selection.selectAbove(scores, tau, threshold.floor(), out)));
      }
    } else if (rule instanceof MaskRule.Gates gates) {
      masks.add(written(out -> gates.decide(moment(), scores, out)));
    } else if (pruner instanceof ConstantPruner constantPruner) {
      masks.add(written(out -> constantPruner.mask(moment(), weights, out)));
    }
    return masks;
  }

  /** What {@code call} writes over an array of NaN. */
  static float[] written(Consumer<float[]> call) {
    float[] out = filled(Float.NaN);
    call.accept(out);
    return out;
  }

  static float[] filled(float value) {
    float[] values = new float[SIZE];
    Arrays.fill(values, value);
    return values;
  }

  private float[] scoreGradient(ScorePruner scorePruner) {
    float[] mask = forwardMask();
    return written(out -> scorePruner.scoreGradient(moment(), maskGradient, scores, mask, out));
  }

  private float[] forwardMask() {
    return rule instanceof MaskRule.Gates gates
        ? written(out -> gates.sample(moment(), scores, uniform, out))
        : middleMask();
  }

  private float[] middleMask() {
    List<float[]> masks = masks();
    return masks.get(masks.size() / 2);
  }

  private static float[] initialScores(Pruner pruner, float[] weights) {
    float[] scores = new float[SIZE];
    if (pruner instanceof ScorePruner scorePruner) {
      scorePruner.initializeScores(
          new Step(UNITS, 0, STEPS, SEED + 2),
          (function, out) -> apply(function, weights, out),
          scores);
    }
    return scores;
  }

  private static void apply(DoubleUnaryOperator function, float[] weights, float[] out) {
    for (int i = 0; i < SIZE; i++) {
      out[i] = (float) function.applyAsDouble(weights[i]);
    }
  }

  private static float[][] noStatistics(Pruner pruner) {
    return pruner instanceof GradientPruner gradientPruner
        ? new float[gradientPruner.statistics().size()][SIZE]
        : new float[0][];
  }

  private static float[] uniform() {
    Random random = new Random(SEED + 4);
    return written(
        out -> {
          for (int i = 0; i < SIZE; i++) {
            out[i] = (random.nextInt(1 << 20) + 0.5f) / (1 << 20);
          }
        });
  }

  private static float[] values(long seed) {
    Random random = new Random(seed);
    return written(
        out -> {
          for (int i = 0; i < SIZE; i++) {
            out[i] = Math.round(random.nextGaussian() * 20) / 20f;
          }
        });
  }

  private static float[] bits(float[] values) {
    int[] file = new int[SIZE];
    Arrays.setAll(file, i -> Float.floatToRawIntBits(values[i]));
    return written(
        out -> {
          for (int i = 0; i < SIZE; i++) {
            out[i] = Float.intBitsToFloat(file[i]);
          }
        });
  }
}
