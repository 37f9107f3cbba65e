package dev.espalier.tuner.plan;

import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.pruning.MaskRule;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.ScorePruner;
import dev.espalier.api.pruning.Step;
import dev.espalier.api.pruning.Units;
import dev.espalier.config.Configuration.SearchDimension;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.config.ResolvedValue;
import dev.espalier.config.Source;
import dev.espalier.tuner.plugin.PrunerCatalog;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;

/**
 * Keys that can be set, or searched, and cannot change the result.
 *
 * <p>A pruner that keeps a share of the highest scores goes by their order alone. Where all scores
 * start at the same value c, and their gradient does not depend on them, they are c + η·D after any
 * number of steps, with η the score learning rate: AdamW's step is η times a function of the
 * gradients, scores have no weight decay, and gradients are clipped before η comes in. So neither η
 * nor c changes the order, up to rounding, and then the masks, the weights and the gradients of the
 * next step are the same, too. With scores that start at random, with a threshold or with a penalty
 * η does matter.
 */
public final class KeysWithoutEffect {
  private static final String RATE = "pruning.train.score_learning_rate";
  private static final String CHOICE = "pruning.approach.weight_compression.pruners[0]";
  private static final String SCALE = CHOICE + ".parameters.score_scale";

  /** What decides, when it is varied, whether the others have an effect. */
  private static final List<String> DECIDING =
      List.of(CHOICE + ".prune_type", CHOICE + ".parameters.score_init");

  private static final Step PROBE = new Step(new Units("probe", 8, 8), 0, 1, 1);

  private KeysWithoutEffect() {}

  /** One line for each such key that is set, with its place. */
  public static List<String> notes(ResolvedConfiguration resolved, PrunerCatalog pruners) {
    List<String> notes = new ArrayList<>();
    reasons(resolved, pruners)
        .forEach(
            (key, reason) ->
                resolved
                    .value(key)
                    .filter(value -> value.source() != Source.DEFAULT)
                    .map(ResolvedValue::location)
                    .map(at -> note(at, key, reason))
                    .ifPresent(notes::add));
    for (ResolvedValue empty : resolved.hollow()) {
      Location at = empty.location();
      if (at != null) {
        notes.add(note(at, empty.path(), "it is empty, which is the same as leaving it out"));
      }
    }
    return notes;
  }

  private static String note(Location at, String key, String reason) {
    return at + ": " + key + ": has no effect: " + reason;
  }

  /** What is wrong with a search space that varies such a key. */
  public static List<Problem> searched(ResolvedConfiguration resolved, PrunerCatalog pruners) {
    List<String> keys =
        resolved.configuration().tuning().searchSpace().stream().map(SearchDimension::key).toList();
    List<Problem> problems = new ArrayList<>();
    if (keys.isEmpty() || keys.stream().anyMatch(DECIDING::contains)) {
      return problems;
    }
    reasons(resolved, pruners)
        .forEach(
            (key, reason) -> {
              if (keys.contains(key)) {
                String path = "tuning.search_space[" + keys.indexOf(key) + "].key";
                problems.add(
                    resolved.problem(
                        ProblemCode.CONTRADICTION,
                        path,
                        key + " has no effect, so all trials would be equal: " + reason,
                        "Remove the entry; pruning.train.learning_rate does have an effect."));
              }
            });
    return problems;
  }

  /** Why a key has no effect, by key. */
  private static Map<String, String> reasons(
      ResolvedConfiguration resolved, PrunerCatalog pruners) {
    Map<String, String> reasons = new LinkedHashMap<>();
    Pruner pruner;
    try {
      pruner = new Planner(resolved, pruners).pruner();
    } catch (ProblemException e) {
      return reasons; // reported elsewhere, and nothing is known of it
    }
    String name =
        resolved
            .configuration()
            .pruning()
            .approach()
            .weightCompression()
            .pruners()
            .get(0)
            .pruneType();
    if (!(pruner instanceof ScorePruner scored)) {
      reasons.put(RATE, name + " trains no scores");
    } else if (goesByOrderAlone(scored)) {
      String why = name + " keeps the highest scores, and all of them start at the same value: ";
      reasons.put(RATE, why + "another rate scales them all alike");
      reasons.put(SCALE, why + "which one does not change their order");
    }
    return reasons;
  }

  /** Whether the masks of {@code pruner} depend on nothing but the order of equal starts. */
  static boolean goesByOrderAlone(ScorePruner pruner) {
    try {
      return pruner.maskRule() instanceof MaskRule.Share
          && pruner.penalty().isEmpty()
          && startsEqual(pruner)
          && !gradientDependsOnScores(pruner);
    } catch (RuntimeException e) {
      return false; // a plugin that fails on a small matrix; the run will say so
    }
  }

  private static boolean startsEqual(ScorePruner pruner) {
    float[] scores = new float[64];
    pruner.initializeScores(PROBE, KeysWithoutEffect::probe, scores);
    for (float score : scores) {
      if (score != scores[0]) {
        return false;
      }
    }
    return true;
  }

  /** Of weights that are all different, with both signs. */
  private static void probe(DoubleUnaryOperator function, float[] out) {
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) function.applyAsDouble(0.01 * i - 0.3);
    }
  }

  private static boolean gradientDependsOnScores(ScorePruner pruner) {
    float[] maskGradient = {-2f, -0.5f, 0f, 0.25f, 1f, 3f};
    float[] mask = {1, 0, 1, 0, 1, 1};
    Optional<float[]> first = Optional.empty();
    for (float scale : new float[] {1, -0.5f, 10}) {
      float[] scores = {-1 * scale, -0.5f * scale, 0, 0.1f * scale, scale, 2 * scale};
      float[] gradient = new float[scores.length];
      pruner.scoreGradient(PROBE, maskGradient.clone(), scores, mask.clone(), gradient);
      if (first.filter(before -> !Arrays.equals(before, gradient)).isPresent()) {
        return true;
      }
      first = Optional.of(gradient);
    }
    return false;
  }
}
