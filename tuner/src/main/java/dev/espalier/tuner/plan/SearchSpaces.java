package dev.espalier.tuner.plan;

import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.pruning.ParameterDescriptor;
import dev.espalier.api.pruning.PrunerDescriptor;
import dev.espalier.api.tuning.Dimension;
import dev.espalier.api.tuning.SearchSpace;
import dev.espalier.config.Configuration.PrunerChoice;
import dev.espalier.config.Configuration.SearchDimension;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.tuner.plugin.PrunerCatalog;
import java.util.ArrayList;
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
   * @throws ProblemException of kind CONFIGURATION with every key for which its pruner has no such
   *     parameter, or declares no range
   */
  public static SearchSpace of(ResolvedConfiguration resolved, PrunerCatalog pruners) {
    List<Problem> problems = new ArrayList<>();
    SearchSpace space = resolved.searchSpace(key -> declared(key, resolved, pruners, problems));
    if (!problems.isEmpty()) {
      throw new ProblemException(problems);
    }
    return space;
  }

  private static Optional<Dimension> declared(
      String key, ResolvedConfiguration resolved, PrunerCatalog pruners, List<Problem> problems) {
    Matcher parameter = PARAMETER.matcher(key);
    List<PrunerChoice> choices =
        resolved.configuration().pruning().approach().weightCompression().pruners();
    if (!parameter.matches() || Integer.parseInt(parameter.group(1)) >= choices.size()) {
      return Optional.empty();
    }
    String pruner = choices.get(Integer.parseInt(parameter.group(1))).pruneType();
    String name = parameter.group(2);
    Optional<PrunerDescriptor> descriptor =
        pruners.descriptors().stream().filter(each -> each.name().equals(pruner)).findFirst();
    if (descriptor.isEmpty()) {
      return Optional.empty(); // reported where the pruner is named
    }
    Optional<ParameterDescriptor> declared =
        descriptor.get().parameters().stream().filter(each -> each.name().equals(name)).findFirst();
    if (declared.isEmpty()) {
      problems.add(problem(resolved, key, key + ": " + pruner + " has no parameter " + name));
      return Optional.empty();
    }
    Optional<Dimension> dimension = dimension(key, declared.get());
    if (dimension.isEmpty()) {
      problems.add(problem(resolved, key, key + " has no range of its own"));
    }
    return dimension;
  }

  private static Optional<Dimension> dimension(String key, ParameterDescriptor parameter) {
    if (parameter instanceof ParameterDescriptor.Choice choice) {
      return Optional.of(new Dimension.Choice(key, List.copyOf(choice.options())));
    }
    ParameterDescriptor.SearchRange range = ((ParameterDescriptor.Quantity) parameter).search();
    return Optional.ofNullable(range)
        .map(found -> new Dimension.Real(key, found.low(), found.high(), found.logarithmic()));
  }

  /** A problem at the entry that varies {@code key}. */
  private static Problem problem(ResolvedConfiguration resolved, String key, String message) {
    List<String> keys =
        resolved.configuration().tuning().searchSpace().stream().map(SearchDimension::key).toList();
    String entry = "tuning.search_space[" + keys.indexOf(key) + "].key";
    return resolved.problem(
        ProblemCode.MISSING_KEY,
        entry,
        message,
        "Maybe low and high, or options, are missing in that entry.");
  }
}
