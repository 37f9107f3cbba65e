package dev.espalier.api.tuning;

import java.util.List;

/**
 * What a search may vary; everything else stays as the configuration says.
 *
 * @param dimensions in the order of the configuration; empty when there is nothing to vary
 */
public record SearchSpace(List<Dimension> dimensions) {
  /** Copies the list and checks that no two dimensions have one name. */
  public SearchSpace {
    dimensions = List.copyOf(dimensions);
    if (dimensions.stream().map(Dimension::name).distinct().count() < dimensions.size()) {
      throw new IllegalArgumentException("two dimensions have one name: " + dimensions);
    }
  }
}
