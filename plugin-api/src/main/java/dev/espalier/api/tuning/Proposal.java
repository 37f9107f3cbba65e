package dev.espalier.api.tuning;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the next trial should be.
 *
 * @param values a value for each dimension that the trial sets, by the dimension's name; Double for
 *     {@link Dimension.Real}, Long for {@link Dimension.Whole}, one of the options for {@link
 *     Dimension.Choice}; a dimension left out keeps what the configuration says
 * @param budget share of the configured training, in (0, 1]
 * @param warmStart an earlier trial from whose trained weights this one starts, or null to start as
 *     the configuration says
 */
public record Proposal(Map<String, Object> values, double budget, @Nullable Integer warmStart) {
  /** Copies the map, keeping its order. */
  public Proposal {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    if (!(budget > 0 && budget <= 1)) {
      throw new IllegalArgumentException("a budget must be in (0, 1], found " + budget);
    }
  }

  /** A trial with the whole budget that starts as the configuration says. */
  public static Proposal of(Map<String, Object> values) {
    return new Proposal(values, 1, null);
  }
}
