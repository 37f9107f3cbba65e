package dev.espalier.api.pruning;

/**
 * An array of 32-bit floats, row by row, on whatever device the engine keeps it. It does not change
 * once it is made, and lives until the call of the pruner that made it, or was given it, returns.
 */
public interface Vec {
  /** The number of elements. */
  int size();
}
