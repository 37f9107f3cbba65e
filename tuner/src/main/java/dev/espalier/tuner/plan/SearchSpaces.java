package dev.espalier.tuner.plan;

import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.api.pruning.ParameterDescriptor;
import dev.espalier.api.pruning.PrunerDescriptor;
import dev.espalier.api.tuning.Dimension;
import dev.espalier.api.tuning.SearchSpace;
import dev.espalier.tuner.config.Configuration.PrunerChoice;
import dev.espalier.tuner.config.ResolvedConfiguration;
import dev.espalier.tuner.plugin.PrunerCatalog;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Search spaces with what plugins declare for their parameters. */
public final class SearchSpaces {
  private static final Pattern PARAMETER =
      Pattern.compile(
          "pruning\\.approach\\.weight_compression\\.pruners\\[(\\d{1,3})]\\.parameters\\.(\\w+)");

  private SearchSpaces() {}

  /**
   * What the trials of {@code resolved} may vary.
   *
   * @throws ProblemException of kind CONFIGURATION when a pruner has no such parameter, or declares
   *     no range for it
   */
  public static SearchSpace of(ResolvedConfiguration resolved, PrunerCatalog pruners) {
    return resolved.searchSpace(key -> declared(key, resolved, pruners));
  }

  private static Optional<Dimension> declared(
      String key, ResolvedConfiguration resolved, PrunerCatalog pruners) {
    Matcher parameter = PARAMETER.matcher(key);
    List<PrunerChoice> choices =
        resolved.configuration().pruning().approach().weightCompression().pruners();
    if (!parameter.matches() || Integer.parseInt(parameter.group(1)) >= choices.size()) {
      return Optional.empty();
    }
    String pruner = choices.get(Integer.parseInt(parameter.group(1))).pruneType();
    PrunerDescriptor descriptor =
        pruners.descriptor(pruner, resolved.locate("tuning.search_space"));
    String name = parameter.group(2);
    for (ParameterDescriptor each : descriptor.parameters()) {
      if (each.name().equals(name)) {
        return Optional.of(dimension(key, each, resolved));
      }
    }
    throw problem(resolved, key + ": " + pruner + " has no parameter " + name);
  }

  private static Dimension dimension(
      String key, ParameterDescriptor parameter, ResolvedConfiguration resolved) {
    if (parameter instanceof ParameterDescriptor.Choice choice) {
      return new Dimension.Choice(key, List.copyOf(choice.options()));
    }
    ParameterDescriptor.SearchRange range = ((ParameterDescriptor.Quantity) parameter).search();
    if (range == null) {
      throw problem(resolved, key + " has no range of its own");
    }
    return new Dimension.Real(key, range.low(), range.high(), range.logarithmic());
  }

  private static ProblemException problem(ResolvedConfiguration resolved, String message) {
    return new ProblemException(
        List.of(
            new Problem(
                ProblemKind.CONFIGURATION,
                ProblemCode.MISSING_KEY,
                resolved.locate("tuning.search_space"),
                "tuning.search_space: " + message,
                "Maybe low and high, or options, are missing in that entry.")));
  }
}
