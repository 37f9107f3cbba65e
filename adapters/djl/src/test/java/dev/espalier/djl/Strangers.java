package dev.espalier.djl;

import dev.espalier.api.pruning.GradientPruner;
import dev.espalier.api.pruning.ScorePruner;
import dev.espalier.api.pruning.Step;
import dev.espalier.api.pruning.UnitWeights;
import java.util.List;
import java.util.random.RandomGenerator;

/** Pruners that use what no built-in one does. */
final class Strangers {
  private Strangers() {}

  /** Two statistics, the moment of the training, and chance, all of which decide. */
  static final class Explorer implements GradientPruner {
    @Override
    public List<String> statistics() {
      return List.of("mean", "variance"); // as the optimizer calls its own
    }

    @Override
    public void update(Step step, float[] gradient, float[] weights, float[][] statistics) {
      for (int i = 0; i < weights.length; i++) {
        float sensitivity = Math.abs(gradient[i] * weights[i]);
        statistics[0][i] = 0.9f * statistics[0][i] + 0.1f * sensitivity;
        statistics[1][i] =
            0.8f * statistics[1][i] + 0.2f * Math.abs(sensitivity - statistics[0][i]);
      }
    }

    @Override
    public float[] importance(Step step, float[][] statistics, float[] out) {
      if (step.number() % 2 == 1) {
        return statistics[0];
      }
      RandomGenerator random = step.random();
      for (int i = 0; i < out.length; i++) {
        double doubt = statistics[1][i] * (1 - step.progress()) * random.nextDouble();
        out[i] = (float) (statistics[0][i] + doubt);
      }
      return out;
    }
  }

  /** Starts from the mean magnitude of each unit, and learns less the longer it trains. */
  static final class FromMagnitude implements ScorePruner {
    @Override
    public void initializeScores(Step step, UnitWeights weights, float[] scores) {
      weights.means(Math::abs, scores);
    }

    @Override
    public void scoreGradient(
        Step step, float[] maskGradient, float[] scores, float[] mask, float[] gradient) {
      float share = (float) (1 - step.progress());
      for (int i = 0; i < gradient.length; i++) {
        gradient[i] = share * maskGradient[i];
      }
    }
  }
}
