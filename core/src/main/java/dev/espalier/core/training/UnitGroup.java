package dev.espalier.core.training;

import dev.espalier.api.pruning.Units;
import java.util.List;

/**
 * Matrices that share one mask: unit number k is the k-th block of each of them. Mostly this is a
 * single matrix; the rows of one matrix and the columns of the next are an example of two.
 *
 * @param name the matrix's full name, or that of what the matrices have in common; scores are saved
 *     by it
 * @param members at least one matrix; all have the same number of units
 */
public record UnitGroup(String name, List<PrunedMatrix> members) {
  /** Checks that the units fit together. */
  public UnitGroup {
    members = List.copyOf(members);
    if (members.stream().mapToInt(PrunedMatrix::units).distinct().count() != 1) {
      throw new IllegalArgumentException(name + ": the units of its matrices differ: " + members);
    }
  }

  /** A group of one. */
  public static UnitGroup of(PrunedMatrix matrix) {
    return new UnitGroup(matrix.name(), List.of(matrix));
  }

  /** The units, laid out as in the first matrix. */
  public Units units() {
    return new Units(name, members.get(0).unitRows(), members.get(0).unitColumns());
  }

  /** The number of weights in all matrices. */
  public long weights() {
    return members.stream().mapToLong(PrunedMatrix::size).sum();
  }

  /** The number of weights that one unit stands for. */
  public int weightsPerUnit() {
    return Math.toIntExact(weights() / units().size());
  }

  /** Whether units are the single weights of one matrix, so that nothing needs to be pooled. */
  public boolean isElementwise() {
    return members.size() == 1 && members.get(0).isElementwise();
  }
}
