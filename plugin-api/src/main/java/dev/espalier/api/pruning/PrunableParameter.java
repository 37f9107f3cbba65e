package dev.espalier.api.pruning;

/**
 * A weight matrix that may be pruned, without its values.
 *
 * @param name its full name in the model, for instance {@code
 *     bert.encoder.layer.0.attention.self.query.weight}; saved state is keyed by it
 * @param rows output features
 * @param columns input features
 */
public record PrunableParameter(String name, int rows, int columns) {
  /** Checks that the matrix has at least one element. */
  public PrunableParameter {
    if (rows < 1 || columns < 1) {
      throw new IllegalArgumentException(
          "parameter " + name + " must have rows and columns, found " + rows + " x " + columns);
    }
  }

  /** The number of elements; values are held row by row in arrays of this length. */
  public int size() {
    return Math.multiplyExact(rows, columns);
  }
}
