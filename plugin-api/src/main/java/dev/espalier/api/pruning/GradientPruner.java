package dev.espalier.api.pruning;

import java.util.ArrayList;
import java.util.List;

/**
 * Ranks weights by statistics that it keeps from the gradients.
 *
 * <p>The engine holds one value per weight of each statistic, all zero at the start, and saves and
 * restores them with the training. It calls {@link #update} once per step, before gradients are
 * clipped, and after the optimizer's step {@link #importance}. Until the first step nothing is
 * known, so nothing is pruned. Those with the highest importance are kept; for units of several
 * weights the engine takes the mean.
 */
public non-sealed interface GradientPruner extends Pruner {
  /** The name of the one statistic of a pruner that does not say which it keeps. */
  String STATISTIC = "statistic";

  /**
   * What is kept, by name: snake_case, at least one, always the same. The default is one, {@value
   * #STATISTIC}.
   */
  default List<String> statistics() {
    return List.of(STATISTIC);
  }

  /**
   * Takes one step's gradient into account.
   *
   * @param step the matrix, and the number of the step, from 0
   * @param gradient G = ∂L/∂W', for kept and pruned weights alike, not to be changed
   * @param weights W, not to be changed
   * @param statistics one array for each of {@link #statistics()}, in their order, to be updated in
   *     place
   */
  void update(Step step, float[] gradient, float[] weights, float[][] statistics);

  /**
   * What to rank by. The default is the first statistic itself.
   *
   * @param step the matrix, and the number of steps done
   * @param statistics as {@link #update} left them, not to be changed
   * @param out room for one value per weight
   * @return {@code out}, every element written, or one of the statistics, if it is to be ranked by
   *     as it is; a value that is NaN or infinite ends the run with the pruner's name
   */
  default float[] importance(Step step, float[][] statistics, float[] out) {
    return statistics[0];
  }

  /**
   * {@link #update} on whole arrays, for engines that keep them on a device. The default computes
   * on the host.
   *
   * @return the new statistics, in the order of {@link #statistics()}
   */
  default List<Vec> update(Step step, Vec gradient, Vec weights, List<Vec> statistics, Ops ops) {
    float[][] values = statistics.stream().map(ops::toHost).toArray(float[][]::new);
    update(step, ops.toHost(gradient), ops.toHost(weights), values);
    List<Vec> updated = new ArrayList<>();
    for (float[] each : values) {
      updated.add(ops.fromHost(each));
    }
    return updated;
  }

  /** {@link #importance} on whole arrays. The default computes on the host. */
  default Vec importance(Step step, List<Vec> statistics, Ops ops) {
    float[][] values = statistics.stream().map(ops::toHost).toArray(float[][]::new);
    return ops.fromHost(importance(step, values, new float[statistics.get(0).size()]));
  }
}
