package dev.espalier.core.training;

/**
 * A weight matrix that is pruned in blocks: all weights of a block are kept or removed together.
 * Blocks of 1 x 1 are single weights, blocks of one row are output features, and so on.
 *
 * <p>A matrix holds {@code (rows / blockRows) · (columns / blockColumns)} units, counted row by
 * row.
 *
 * @param name the parameter's full name
 * @param rows output features
 * @param columns input features
 * @param blockRows rows of a block; divides {@code rows}
 * @param blockColumns columns of a block; divides {@code columns}
 */
public record PrunedMatrix(String name, int rows, int columns, int blockRows, int blockColumns) {
  /** Checks that the blocks fill the matrix. */
  public PrunedMatrix {
    if (rows < 1
        || columns < 1
        || blockRows < 1
        || blockColumns < 1
        || rows % blockRows != 0
        || columns % blockColumns != 0) {
      throw new IllegalArgumentException(
          name
              + ": blocks of "
              + blockRows
              + " x "
              + blockColumns
              + " do not fill a matrix of "
              + rows
              + " x "
              + columns);
    }
  }

  /** The number of weights. */
  public int size() {
    return Math.multiplyExact(rows, columns);
  }

  /** Units along the output. */
  public int unitRows() {
    return rows / blockRows;
  }

  /** Units along the input. */
  public int unitColumns() {
    return columns / blockColumns;
  }

  /** The number of units. */
  public int units() {
    return unitRows() * unitColumns();
  }

  /** Whether each unit is a single weight. */
  public boolean isElementwise() {
    return blockRows == 1 && blockColumns == 1;
  }

  /**
   * Adds to each unit the sum of its weights' values.
   *
   * @param values one value per weight
   * @param units one sum per unit, to be added to
   */
  public void addTo(float[] units, float[] values) {
    int across = unitColumns();
    for (int row = 0, i = 0; row < rows; row++) {
      int first = row / blockRows * across;
      for (int unit = first; unit < first + across; unit++) {
        float sum = 0;
        for (int k = 0; k < blockColumns; k++) {
          sum += values[i++];
        }
        units[unit] += sum;
      }
    }
  }

  /**
   * Gives each weight its unit's value.
   *
   * @param units one value per unit
   * @param values receives one value per weight
   */
  public void spread(float[] units, float[] values) {
    int across = unitColumns();
    for (int row = 0, i = 0; row < rows; row++) {
      int first = row / blockRows * across;
      for (int unit = first; unit < first + across; unit++) {
        for (int k = 0; k < blockColumns; k++) {
          values[i++] = units[unit];
        }
      }
    }
  }
}
