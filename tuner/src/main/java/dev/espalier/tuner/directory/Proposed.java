package dev.espalier.tuner.directory;

import dev.espalier.api.tuning.Proposal;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A proposal as it is kept for a resume. */
public record Proposed(Map<String, Object> values, double budget, @Nullable Integer warmStart) {
  /** Takes a proposal apart. */
  public static Proposed of(Proposal proposal) {
    return new Proposed(proposal.values(), proposal.budget(), proposal.warmStart());
  }

  /** The values, as a user would write them. */
  @Override
  public String toString() {
    String settings =
        values.entrySet().stream()
            .map(value -> value.getKey() + "=" + value.getValue())
            .collect(Collectors.joining(", "));
    return settings
        + (budget < 1 ? ", " + Math.round(100 * budget) + "% of the budget" : "")
        + (warmStart == null ? "" : ", from trial " + warmStart);
  }

  /** The proposal; JSON's small whole numbers are long again. */
  public Proposal proposal() {
    Map<String, Object> typed = new LinkedHashMap<>();
    values.forEach(
        (key, value) -> typed.put(key, value instanceof Integer whole ? whole.longValue() : value));
    return new Proposal(typed, budget, warmStart);
  }
}
