package dev.espalier.pruners;

import dev.espalier.api.pruning.ParameterDescriptor;
import dev.espalier.api.pruning.ParameterDescriptor.Choice;
import dev.espalier.api.pruning.ParameterDescriptor.Quantity;
import dev.espalier.api.pruning.ParameterValues;
import dev.espalier.api.pruning.Units;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Where learned scores start.
 *
 * @param kind one of the constants below
 * @param scale what the constant is, or the bound of the uniform distribution
 */
record ScoreInit(String kind, float scale) {
  static final String CONSTANT = "constant";
  static final String UNIFORM = "uniform";
  static final String KAIMING = "kaiming";

  /** {@code score_init} and {@code score_scale}, after a pruner's own parameters. */
  static List<ParameterDescriptor> parameters(double scale, ParameterDescriptor... own) {
    List<ParameterDescriptor> all = new ArrayList<>(List.of(own));
    all.add(
        new Choice(
            "score_init",
            CONSTANT,
            List.of(CONSTANT, UNIFORM, KAIMING),
            "Where scores start: all at score_scale, uniform in its positive and negative, or"
                + " uniform in the inverse root of the number of columns."));
    all.add(
        new Quantity(
            "score_scale",
            scale,
            0,
            10,
            "The constant or the bound of score_init, not of kaiming."));
    return all;
  }

  static ScoreInit of(ParameterValues parameters) {
    return new ScoreInit(parameters.choice("score_init"), (float) parameters.number("score_scale"));
  }

  /**
   * Constant {@code scale}, or U(−scale, scale), or U(−1/√columns, 1/√columns), which is He's
   * initialization ("Delving Deep into Rectifiers", 2015) with a negative slope of √5.
   */
  void fill(Units units, float[] scores, RandomGenerator random) {
    if (kind.equals(CONSTANT)) {
      Arrays.fill(scores, scale);
      return;
    }
    float bound = kind.equals(UNIFORM) ? scale : (float) (1 / Math.sqrt(units.columns()));
    for (int i = 0; i < scores.length; i++) {
      scores[i] = bound * (2 * random.nextFloat() - 1);
    }
  }
}
