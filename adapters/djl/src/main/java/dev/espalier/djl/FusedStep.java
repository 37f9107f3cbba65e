package dev.espalier.djl;

import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.TopShare;
import dev.espalier.djl.TrainedParameter.Masking;
import dev.espalier.djl.Workers.Scratch;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything between the backward pass and the next forward pass, over plain Java arrays: global
 * gradient norm, AdamW on weights and scores, new masks, effective weights.
 *
 * <p>With G = ∂L/∂W' the weights get G ⊙ M and the scores what the pruner makes of G, W and S. A
 * masked weight therefore gets no gradient and moves by momentum and decay only, unseen by the
 * forward pass, which always runs on M ⊙ W (Sanh et al. 2020, section 3).
 */
final class FusedStep implements AutoCloseable {
  private final List<TrainedParameter> parameters;
  private final @Nullable Pruner pruner;
  private final Workers workers;
  private final double[] squares;

  /** Learning rates and the like of one step. */
  record Rates(AdamW.Step decayed, AdamW.Step plain, AdamW.Step scores) {}

  /**
   * Takes over {@code parameters}.
   *
   * @param pruner null when nothing is pruned
   */
  FusedStep(List<TrainedParameter> parameters, @Nullable Pruner pruner, int threads) {
    // The largest first, so that no thread is left with a large one at the end.
    this.parameters =
        parameters.stream()
            .sorted(
                Comparator.comparingInt((TrainedParameter p) -> -p.weights.length)
                    .thenComparing(p -> p.name))
            .toList();
    this.pruner = pruner;
    this.squares = new double[parameters.size()];
    this.workers = new Workers(threads);
  }

  /**
   * Takes the gradients from the engine.
   *
   * @return their global L2 norm over weights and scores, as the optimizer will see them
   */
  double takeGradients() {
    workers.run(
        parameters.size(),
        (number, scratch) -> {
          TrainedParameter parameter = parameters.get(number);
          parameter.takeGradient();
          squares[number] = squaredNorm(parameter, scratch);
        });
    double sum = 0;
    for (double square : squares) {
      sum += square;
    }
    return Math.sqrt(sum);
  }

  /** The parameter whose gradient is not finite, for the error message. */
  @Nullable String nonFiniteParameter() {
    for (int i = 0; i < squares.length; i++) {
      if (!Double.isFinite(squares[i])) {
        return parameters.get(i).name;
      }
    }
    return null;
  }

  /**
   * Steps the optimizers and publishes new effective weights.
   *
   * @param scale factor on all gradients, from clipping
   * @param density share of each pruned matrix to keep from now on
   */
  void update(float scale, Rates rates, double density) {
    workers.run(
        parameters.size(),
        (number, scratch) -> {
          TrainedParameter parameter = parameters.get(number);
          Masking masking = parameter.masking;
          if (masking != null) {
            updateScores(parameter, masking, scale, rates.scores(), scratch);
            TrainedParameter.multiply(parameter.gradient, masking.mask, parameter.gradient);
          }
          AdamW.Step step = parameter.decays ? rates.decayed() : rates.plain();
          parameter.optimizer.update(parameter.weights, parameter.gradient, scale, step);
          publish(parameter, density, scratch);
        });
  }

  /** Computes masks from the present scores and publishes the effective weights. */
  void applyMasks(double density) {
    workers.run(
        parameters.size(), (number, scratch) -> publish(parameters.get(number), density, scratch));
  }

  private double squaredNorm(TrainedParameter parameter, Scratch scratch) {
    Masking masking = parameter.masking;
    if (masking == null) {
      return sumOfSquares(parameter.gradient);
    }
    double sum = 0;
    if (masking.scoreOptimizer != null) {
      sum += sumOfSquares(scoreGradient(parameter, masking, scratch));
    }
    float[] masked = scratch.second(parameter.weights.length);
    TrainedParameter.multiply(parameter.gradient, masking.mask, masked);
    return sum + sumOfSquares(masked);
  }

  private void updateScores(
      TrainedParameter parameter, Masking masking, float scale, AdamW.Step step, Scratch scratch) {
    if (masking.scoreOptimizer != null) {
      masking.scoreOptimizer.update(
          masking.scores, scoreGradient(parameter, masking, scratch), scale, step);
    }
  }

  private float[] scoreGradient(TrainedParameter parameter, Masking masking, Scratch scratch) {
    float[] out = scratch.first(parameter.weights.length);
    activePruner().scoreGradient(parameter.gradient, parameter.weights, masking.scores, out);
    return out;
  }

  private void publish(TrainedParameter parameter, double density, Scratch scratch) {
    Masking masking = parameter.masking;
    if (masking == null) {
      parameter.publish(parameter.weights);
      return;
    }
    int size = parameter.weights.length;
    float[] importance =
        activePruner().importance(parameter.weights, masking.scores, scratch.first(size));
    try {
      scratch.selection.select(importance, TopShare.count(density, size), masking.mask);
    } catch (IllegalArgumentException e) {
      throw new ProblemException(
          List.of(
              new Problem(
                  ProblemKind.TRAINING,
                  null,
                  "the pruner cannot rank " + parameter.name + ": " + e.getMessage(),
                  "Lower score_learning_rate, or report it to the pruner's author.")),
          e);
    }
    TrainedParameter.multiply(parameter.weights, masking.mask, scratch.second(size));
    parameter.publish(scratch.second(size));
  }

  private Pruner activePruner() {
    if (pruner == null) {
      throw new IllegalStateException("a parameter is masked, but there is no pruner");
    }
    return pruner;
  }

  /** Eight partial sums, so that the additions do not wait for each other. */
  static double sumOfSquares(float[] values) {
    int size = values.length;
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int i = 0;
    for (; i + 3 < size; i += 4) {
      a += (double) values[i] * values[i];
      b += (double) values[i + 1] * values[i + 1];
      c += (double) values[i + 2] * values[i + 2];
      d += (double) values[i + 3] * values[i + 3];
    }
    for (; i < size; i++) {
      a += (double) values[i] * values[i];
    }
    return a + b + c + d;
  }

  @Override
  public void close() {
    workers.close();
  }
}
