package dev.espalier.config;

import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.Suggestions;
import dev.espalier.api.tuning.Dimension;
import dev.espalier.api.tuning.SearchSpace;
import dev.espalier.config.Configuration.Scale;
import dev.espalier.config.Configuration.SearchDimension;
import dev.espalier.config.Schema.Field;
import dev.espalier.config.Schema.Leaf;
import dev.espalier.config.Schema.Section;
import dev.espalier.config.Schema.Shape;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** What {@code tuning.search_space} may hold, and what it means. */
final class SearchRules {
  private static final String SPACE = "tuning.search_space";

  /** What a trial may vary: data and baseline stay the same, or trials could not be compared. */
  private static final List<String> VARIED = List.of("pruning", "quantization", "distillation");

  private static final String PARAMETERS = ".parameters.";

  private static final Section SCHEMA = Schema.of(Configuration.class);

  private final Assembly assembly;
  private final List<Problem> problems;

  private SearchRules(Assembly assembly, List<Problem> problems) {
    this.assembly = assembly;
    this.problems = problems;
  }

  /** Adds to {@code problems} what is wrong with the search space of {@code draft}. */
  static void check(Assembly assembly, Configuration draft, List<Problem> problems) {
    SearchRules rules = new SearchRules(assembly, problems);
    Set<String> keys = new HashSet<>();
    List<SearchDimension> space = draft.tuning().searchSpace();
    for (int i = 0; i < space.size(); i++) {
      rules.check(Paths.item(SPACE, i), space.get(i), keys);
    }
  }

  /**
   * The space of a configuration; of a draft, what is right of it.
   *
   * @param ofPlugins what plugins declare for a key of theirs
   */
  static SearchSpace space(
      Configuration configuration, Function<String, Optional<Dimension>> ofPlugins) {
    Map<String, Dimension> dimensions = new LinkedHashMap<>();
    for (SearchDimension written : configuration.tuning().searchSpace()) {
      try {
        Optional<Dimension> dimension =
            isBare(written) && !isDeclaredHere(written.key())
                ? ofPlugins.apply(written.key())
                : dimension(written);
        dimension.ifPresent(d -> dimensions.putIfAbsent(d.name(), d));
      } catch (IllegalArgumentException e) {
        // A draft's mistake, which check reports.
      }
    }
    return new SearchSpace(List.copyOf(dimensions.values()));
  }

  private static Optional<Dimension> dimension(SearchDimension written) {
    if (isBare(written)) {
      return declared(written.key());
    }
    Double low = written.low();
    Double high = written.high();
    if (!written.options().isEmpty()) {
      return Optional.of(new Dimension.Choice(written.key(), typed(written.options())));
    }
    if (low == null || high == null) {
      return Optional.empty();
    }
    boolean whole = shape(written.key()).filter(Leaf.WHOLE::equals).isPresent();
    return Optional.of(
        whole
            ? new Dimension.Whole(written.key(), Math.round(low), Math.round(high))
            : new Dimension.Real(written.key(), low, high, isLogarithmic(written)));
  }

  /** Whether only the key is there, so that what is declared next to it holds. */
  private static boolean isBare(SearchDimension written) {
    return written.low() == null && written.high() == null && written.options().isEmpty();
  }

  private static boolean isDeclaredHere(String key) {
    return declared(key).isPresent();
  }

  /** What the format declares next to a key: a range, or the texts that it may hold. */
  private static Optional<Dimension> declared(String key) {
    Optional<Field> found = Schema.field(SCHEMA, key);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    List<Object> options = new ArrayList<>();
    if (found.get().shape() == Leaf.TEXT) {
      options.addAll(found.get().words());
    }
    Arrays.stream(found.get().key().oneOf()).asLongStream().forEach(options::add);
    if (options.size() > 1) {
      return Optional.of(new Dimension.Choice(key, options));
    }
    String[] parts = found.get().key().search().split(", ", -1);
    return parts.length < 2
        ? Optional.empty()
        : Optional.of(
            new Dimension.Real(
                key, Double.parseDouble(parts[0]), Double.parseDouble(parts[1]), parts.length > 2));
  }

  /** Whether a plugin may declare a range for the key; which one, its catalog knows. */
  private static boolean isOfPlugin(String key) {
    return key.contains(PARAMETERS);
  }

  /** Numbers as long or double, so that they are the same after a journal. */
  private static List<Object> typed(List<Object> options) {
    return options.stream().map(SearchRules::typed).toList();
  }

  private static Object typed(Object option) {
    if (option instanceof Double || option instanceof BigDecimal) {
      return ((Number) option).doubleValue();
    }
    return option instanceof Number whole ? (Object) whole.longValue() : option;
  }

  private void check(String path, SearchDimension written, Set<String> keys) {
    boolean named = !assembly.isReported(path + ".key");
    // The key is checked whatever else is wrong with the entry; what it holds is not.
    if (named && checkKey(path + ".key", written.key(), keys) && !assembly.isReported(path)) {
      checkValues(path, written);
    }
  }

  /** Whether the trials can vary {@code key}, and it is the first entry that does. */
  private boolean checkKey(String path, String key, Set<String> keys) {
    if (!keys.add(key)) {
      report(ProblemCode.DUPLICATE_KEY, path, key + " is varied twice", "Remove one of the two.");
      return false;
    }
    if (!isVaried(key)) {
      report(
          ProblemCode.UNKNOWN_KEY,
          path,
          key + " is no single value below " + String.join(", ", VARIED),
          Suggestions.closest(key, candidates())
              .map(nearest -> "Maybe \"" + nearest + "\" is meant.")
              .orElse("Maybe pruning.approach.weight_compression.target_sparsity is meant."));
      return false;
    }
    return true;
  }

  private void checkValues(String path, SearchDimension written) {
    String key = written.key();
    if (isBare(written) && (isDeclaredHere(key) || isOfPlugin(key))) {
      return; // what is declared is right
    }
    if (written.options().isEmpty()) {
      checkRange(path, written);
    } else if (written.low() != null || written.high() != null) {
      report(
          ProblemCode.CONTRADICTION,
          path,
          "must hold either a range or options, found both",
          "Remove low and high, or options.");
    } else if (written.options().stream().distinct().count() < written.options().size()) {
      report(
          ProblemCode.CONTRADICTION,
          path + ".options",
          "two options are the same: " + written.options(),
          "Remove one of the two.");
    }
  }

  private void checkRange(String path, SearchDimension written) {
    Double low = written.low();
    Double high = written.high();
    Optional<Shape> shape = shape(written.key());
    boolean number = shape.filter(s -> s instanceof Leaf leaf && leaf.isNumeric()).isPresent();
    if (low == null || high == null) {
      report(
          ProblemCode.MISSING_KEY,
          path,
          "must hold low and high, or options",
          number ? "Maybe low: 0.5 and high: 0.95 are meant." : "Maybe options: [...] is meant.");
    } else if (!number) {
      report(
          ProblemCode.WRONG_TYPE,
          path,
          written.key() + " is not a number, so it has no range",
          "Maybe options: [...] is meant.");
    } else if (low >= high) {
      report(
          ProblemCode.CONTRADICTION,
          path + ".high",
          "must be above low, which is " + low + ", found " + high,
          "Maybe the two are swapped.");
    } else if (shape.filter(Leaf.WHOLE::equals).isPresent()
        && (low != Math.rint(low) || high != Math.rint(high))) {
      report(
          ProblemCode.WRONG_TYPE,
          path,
          written.key() + " is a whole number, found a range from " + low + " to " + high,
          "Maybe " + Math.round(low) + " and " + Math.round(high) + " are meant.");
    } else if (isLogarithmic(written) && low <= 0) {
      report(
          ProblemCode.OUT_OF_RANGE,
          path + ".low",
          "must be above 0 on a logarithmic scale, found " + low,
          "Maybe scale: linear is meant.");
    }
  }

  private static boolean isLogarithmic(SearchDimension written) {
    return written.scale() == Scale.LOG;
  }

  private static boolean isVaried(String key) {
    return VARIED.contains(Paths.segments(key).isEmpty() ? "" : Paths.segments(key).get(0))
        && shape(key).filter(Leaf.class::isInstance).isPresent();
  }

  private static Optional<Shape> shape(String key) {
    return Schema.find(SCHEMA, key);
  }

  /** Every single value that may be varied, for the advice. */
  private List<String> candidates() {
    List<String> all = new ArrayList<>();
    assembly.values().stream()
        .map(ResolvedValue::path)
        .filter(SearchRules::isVaried)
        .forEach(all::add);
    return all;
  }

  private void report(ProblemCode code, String path, String message, String advice) {
    problems.add(Problem.of(code, path, message, advice).at(assembly.locate(path)));
  }
}
