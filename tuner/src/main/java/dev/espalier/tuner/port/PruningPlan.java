package dev.espalier.tuner.port;

import dev.espalier.api.pruning.CubicSchedule;
import dev.espalier.api.pruning.Pruner;
import java.util.List;

/**
 * What is pruned, by what, when.
 *
 * @param prunerName the pruner's name, for saved files and messages
 * @param pruner the pruner
 * @param parameters full names of the matrices to prune
 * @param schedule density of each of them over the steps
 */
public record PruningPlan(
    String prunerName, Pruner pruner, List<String> parameters, CubicSchedule schedule) {
  /** Copies the names. */
  public PruningPlan {
    parameters = List.copyOf(parameters);
  }
}
