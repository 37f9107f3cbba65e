package dev.espalier.api.pruning;

/**
 * Things that are kept or removed one by one, laid out as a matrix: the weights of a matrix, its
 * blocks, or the rows or heads that several matrices have in common.
 *
 * @param name the parameter's full name, or that of what the matrices have in common
 * @param rows units along the output
 * @param columns units along the input
 */
public record Units(String name, int rows, int columns) {
  /** Checks that there is something. */
  public Units {
    if (rows < 1 || columns < 1) {
      throw new IllegalArgumentException(
          name + " must have rows and columns, found " + rows + " x " + columns);
    }
  }

  /** The number of units. */
  public int size() {
    return Math.multiplyExact(rows, columns);
  }
}
