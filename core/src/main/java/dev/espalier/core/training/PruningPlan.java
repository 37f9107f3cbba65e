package dev.espalier.core.training;

import dev.espalier.api.pruning.ConstantPruner;
import dev.espalier.api.pruning.CubicSchedule;
import dev.espalier.api.pruning.GroupRule;
import dev.espalier.api.pruning.MaskRule;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.ScorePruner;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.model.TransformerWeights;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is pruned, by what, when.
 *
 * @param prunerName the pruner's name, for saved files and messages
 * @param pruner the pruner
 * @param scopes groups whose units compete with each other; each group is in exactly one scope
 * @param groupRule N:M, or null when any unit may be removed
 * @param schedule over the steps: the density of each scope, or the threshold of a pruner that cuts
 *     scores at one; constant for a pruner that follows neither
 * @param densityGoal over the steps: the density of all scopes together that the weight λ of the
 *     pruner's penalty is steered to; null where λ is the pruner's own
 */
public record PruningPlan(
    String prunerName,
    Pruner pruner,
    List<List<UnitGroup>> scopes,
    @Nullable GroupRule groupRule,
    CubicSchedule schedule,
    @Nullable CubicSchedule densityGoal) {
  /** What a schedule is a schedule of. */
  public enum Follows {
    /** The share of the units that is kept. */
    DENSITY,
    /** The threshold that scores must exceed. */
    THRESHOLD,
    /** Nothing: the schedule is constant. */
    NOTHING;

    /** What {@code pruner} follows. */
    public static Follows of(Pruner pruner) {
      if (pruner instanceof ConstantPruner) {
        return NOTHING;
      }
      if (pruner instanceof ScorePruner scored && !(scored.maskRule() instanceof MaskRule.Share)) {
        return scored.maskRule() instanceof MaskRule.Threshold ? THRESHOLD : NOTHING;
      }
      return DENSITY;
    }
  }

  /** Copies the lists. */
  public PruningPlan {
    scopes = scopes.stream().map(List::copyOf).toList();
  }

  /** A plan for single weights, each matrix by itself. */
  public static PruningPlan weightByWeight(
      String prunerName,
      Pruner pruner,
      TransformerWeights weights,
      List<String> parameters,
      CubicSchedule schedule) {
    List<List<UnitGroup>> scopes = new ArrayList<>();
    for (String name : parameters) {
      Tensor tensor = weights.get(name);
      scopes.add(
          List.of(UnitGroup.of(new PrunedMatrix(name, tensor.rows(), tensor.columns(), 1, 1))));
    }
    return new PruningPlan(prunerName, pruner, scopes, null, schedule, null);
  }

  /** What {@link #schedule} is a schedule of. */
  public Follows follows() {
    return Follows.of(pruner);
  }

  /** The plugin that prunes, for people; empty when the pruner is Espalier's own. */
  public Optional<String> plugin() {
    return pruner instanceof FromPlugin foreign ? Optional.of(foreign.plugin()) : Optional.empty();
  }

  /** The matrices to prune, scope by scope. */
  public List<PrunedMatrix> matrices() {
    return scopes.stream().flatMap(List::stream).flatMap(g -> g.members().stream()).toList();
  }

  /** Full names of the matrices to prune. */
  public List<String> parameters() {
    return matrices().stream().map(PrunedMatrix::name).toList();
  }
}
