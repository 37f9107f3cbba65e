package dev.espalier.testkit;

import dev.espalier.api.pruning.ConstantPruner;
import dev.espalier.api.pruning.GradientPruner;
import dev.espalier.api.pruning.MaskRule;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.ScorePruner;
import dev.espalier.api.pruning.TopShare;
import dev.espalier.api.pruning.Units;
import dev.espalier.api.pruning.WeightPruner;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One matrix as the engine holds it, and the pruner that is asked about it as the engine asks. */
final class Example {
  static final long SEED = 20_200_515L;
  static final Units UNITS = new Units("bert.encoder.layer.0.attention.self.query.weight", 13, 17);
  static final int SIZE = UNITS.size();

  final Pruner pruner;

  /** How scores or importance become a mask; null when there is nothing to rank. */
  final @Nullable MaskRule rule;

  final float[] weights;
  final float[] gradient;
  final float[] maskGradient;
  final float[] uniform;

  /** Learned or kept from the gradients; all zero where the pruner has none. */
  final float[] scores;

  private Example(
      Pruner pruner, float[] weights, float[] gradient, float[] uniform, float[] scores) {
    this.pruner = pruner;
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
    Example past =
        new Example(pruner, values(SEED), values(SEED + 1), uniform(), initialScores(pruner));
    if (pruner instanceof ScorePruner) {
      float[] movement = values(SEED + 3);
      for (int i = 0; i < SIZE; i++) {
        past.scores[i] += movement[i];
      }
    }
    past.step();
    return new Example(pruner, values(SEED), values(SEED + 1), uniform(), past.scores);
  }

  /** A matrix of which nothing tells one weight from another. */
  static Example constant(Pruner pruner, float value) {
    Example example = new Example(pruner, filled(value), filled(value), uniform(), new float[SIZE]);
    if (pruner instanceof GradientPruner gradientPruner) {
      gradientPruner.update(example.gradient, example.weights, example.scores);
    } else if (pruner instanceof ScorePruner) {
      Arrays.fill(example.scores, value);
    }
    return example;
  }

  /** The same matrix with other weights. */
  Example withWeights(float[] other) {
    return new Example(pruner, other, gradient, uniform, scores);
  }

  /** What another process reads after this one wrote weights and scores to a file. */
  Example saved(Pruner other) {
    return new Example(other, bits(weights), gradient, uniform, bits(scores));
  }

  /** One step of training. */
  void step() {
    if (pruner instanceof GradientPruner gradientPruner) {
      gradientPruner.update(gradient, weights, scores);
    } else if (pruner instanceof ScorePruner scorePruner) {
      float[] scoreGradient = scoreGradient(scorePruner);
      for (int i = 0; i < SIZE; i++) {
        scores[i] -= 0.25f * scoreGradient[i];
      }
    }
  }

  /** What decides about weights, by what it is called: importance, statistics or masks. */
  Map<String, Supplier<float[]>> decisions() {
    Map<String, Supplier<float[]>> decisions = new LinkedHashMap<>();
    if (pruner instanceof WeightPruner weightPruner) {
      decisions.put("importance", () -> written(out -> weightPruner.importance(weights, out)));
    } else if (pruner instanceof GradientPruner gradientPruner) {
      decisions.put(
          "scores",
          () -> {
            float[] updated = scores.clone();
            gradientPruner.update(gradient, weights, updated);
            return updated;
          });
    } else if (pruner instanceof ConstantPruner constantPruner) {
      decisions.put("mask", () -> written(out -> constantPruner.mask(weights, out)));
    } else if (rule instanceof MaskRule.Gates gates) {
      decisions.put("sampled mask", () -> written(out -> gates.sample(scores, uniform, out)));
      decisions.put("decided mask", () -> written(out -> gates.decide(scores, out)));
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
      answers.put("initial scores", initialScores(scorePruner));
      answers.put("gradient of the scores", scoreGradient(scorePruner));
    }
    return answers;
  }

  /** What the engine ranks by when it keeps an exact share, or null when it keeps none. */
  float @Nullable [] ranking() {
    if (pruner instanceof WeightPruner weightPruner) {
      return written(out -> weightPruner.importance(weights, out));
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
        masks.add(written(out -> threshold.apply(tau, scores, selection, out)));
      }
    } else if (rule instanceof MaskRule.Gates gates) {
      masks.add(written(out -> gates.decide(scores, out)));
    } else if (pruner instanceof ConstantPruner constantPruner) {
      masks.add(written(out -> constantPruner.mask(weights, out)));
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
    float[] mask =
        rule instanceof MaskRule.Gates gates
            ? written(out -> gates.sample(scores, uniform, out))
            : middleMask();
    return written(out -> scorePruner.scoreGradient(maskGradient, scores, mask, out));
  }

  private float[] middleMask() {
    List<float[]> masks = masks();
    return masks.get(masks.size() / 2);
  }

  private static float[] initialScores(Pruner pruner) {
    float[] scores = new float[SIZE];
    if (pruner instanceof ScorePruner scorePruner) {
      scorePruner.initializeScores(UNITS, scores, new Random(SEED + 2));
    }
    return scores;
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
