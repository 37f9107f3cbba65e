package dev.espalier.config.foreign;

import dev.espalier.api.problem.Location;

/**
 * What one piece of a file in another format means here.
 *
 * @param at where it stands
 * @param from the piece, for instance {@code prune_type basic_magnitude}
 * @param to its meaning here, for instance {@code magnitude}, or {@code not used: ...}
 */
public record Mapping(Location at, String from, String to) {
  /** The mapping on one line, as it is printed. */
  @Override
  public String toString() {
    return at + ": " + from + " -> " + to;
  }
}
