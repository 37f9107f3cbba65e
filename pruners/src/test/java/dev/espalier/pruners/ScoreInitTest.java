package dev.espalier.pruners;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.api.pruning.Units;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ScoreInitTest {
  private static final long SEED = 42;
  private static final Units UNITS = new Units("any", 100, 400);

  @ParameterizedTest
  @ValueSource(floats = {0, 2.197f})
  void constantIsTheScale(float scale) {
    assertThat(filled(ScoreInit.CONSTANT, scale, UNITS, SEED)).containsOnly(scale);
  }

  /** Kaiming's bound is one by the root of the columns: 1/√400 and 1/√25; it has no scale. */
  @ParameterizedTest(name = "{0}, scale {1}, {2} columns: {3}")
  @CsvSource({
    "uniform, 0.5, 400, 0.5",
    "uniform, 10,  400, 10",
    "kaiming, 0,   400, 0.05",
    "kaiming, 10,  400, 0.05",
    "kaiming, 10,   25, 0.2",
  })
  void drawsFromTheWholeRangeAndNoMore(String kind, float scale, int columns, float bound) {
    float[] scores = filled(kind, scale, new Units("any", 40_000 / columns, columns), SEED);

    double sum = 0;
    double squares = 0;
    float least = 0;
    float most = 0;
    for (float score : scores) {
      sum += score;
      squares += score * score;
      least = Math.min(least, score);
      most = Math.max(most, score);
    }
    assertThat(least).isBetween(-bound, -0.999f * bound);
    assertThat(most).isBetween(0.999f * bound, bound);
    // U(−a, a) has the mean 0 and the variance a²/3; 40,000 draws are within 4 standard errors.
    assertThat(sum / scores.length).isBetween(-0.012 * bound, 0.012 * bound);
    assertThat(squares / scores.length).isBetween(0.327 * bound * bound, 0.340 * bound * bound);
  }

  @ParameterizedTest
  @ValueSource(strings = {ScoreInit.UNIFORM, ScoreInit.KAIMING})
  void followsTheSeed(String kind) {
    float[] scores = filled(kind, 1, UNITS, SEED);
    assertThat(filled(kind, 1, UNITS, SEED)).isEqualTo(scores);
    assertThat(filled(kind, 1, UNITS, SEED + 1)).isNotEqualTo(scores);
  }

  private static float[] filled(String kind, float scale, Units units, long seed) {
    float[] scores = new float[units.size()];
    new ScoreInit(kind, scale).fill(units, scores, new Random(seed));
    return scores;
  }
}
