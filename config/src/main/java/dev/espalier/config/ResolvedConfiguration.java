package dev.espalier.config;

import com.fasterxml.jackson.databind.node.IntNode;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.tuning.Dimension;
import dev.espalier.api.tuning.SearchSpace;
import dev.espalier.config.foreign.Mapping;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A configuration together with where each of its values came from.
 *
 * @param configuration the values, typed
 * @param values every value with its source, in the order of the format
 * @param mappings what a file in a foreign format means here, piece by piece; empty for files of
 *     our own format
 * @param files the YAML files, as the user named them, the later over the earlier; at least one
 * @param folder the absolute folder of the first YAML file
 * @param sha256 hash of the YAML files, one after the other, in hexadecimal
 * @param assignments what the command line set, {@code path=value}
 * @param hollow empty maps and lists that somebody wrote and that change nothing
 */
public record ResolvedConfiguration(
    Configuration configuration,
    List<ResolvedValue> values,
    List<Mapping> mappings,
    List<Path> files,
    Path folder,
    String sha256,
    List<String> assignments,
    List<ResolvedValue> hollow) {
  /** Copies the lists. */
  public ResolvedConfiguration {
    values = List.copyOf(values);
    mappings = List.copyOf(mappings);
    files = List.copyOf(files);
    assignments = List.copyOf(assignments);
    hollow = List.copyOf(hollow);
  }

  /** The first of the YAML files, as the user named it. */
  public Path file() {
    return files.get(0);
  }

  /** The value at {@code path}, when the format has one there. */
  public Optional<ResolvedValue> value(String path) {
    return values.stream().filter(v -> v.path().equals(path)).findFirst();
  }

  /**
   * Where the value at {@code path} was set, or the first of the values below it; the file itself
   * when it is a default.
   */
  public Location locate(String path) {
    return values.stream()
        .filter(v -> Paths.isWithin(v.path(), path))
        .map(ResolvedValue::location)
        .filter(ResolvedConfiguration::isKnown)
        .findFirst()
        .orElseGet(() -> Location.ofFile(file().toString()));
  }

  /** A CONFIGURATION problem with the value of {@code key}, at its place. */
  public Problem problem(ProblemCode code, String key, String what, @Nullable String advice) {
    return located(Problem.of(code, key, what, advice));
  }

  /** A problem, at the place of the key that it is about when it is at none. */
  public Problem located(Problem problem) {
    String key = problem.key();
    return problem.location() == null && key != null ? problem.at(locate(key)) : problem;
  }

  /** Whether nobody has set the value at {@code path}. */
  public boolean isDefault(String path) {
    return value(path).map(value -> value.source() == Source.DEFAULT).orElse(false);
  }

  /** The same configuration with another default for a whole number. */
  public ResolvedConfiguration withDefault(String path, int value) {
    Configuration varied =
        new ConfigurationLoader()
            .vary(this, List.of(path + "=" + value), unchecked -> List.of())
            .configuration();
    List<ResolvedValue> replaced =
        values.stream()
            .map(
                each ->
                    each.path().equals(path)
                        ? new ResolvedValue(path, IntNode.valueOf(value), Source.DEFAULT, null)
                        : each)
            .toList();
    return new ResolvedConfiguration(
        varied, replaced, mappings, files, folder, sha256, assignments, hollow);
  }

  /**
   * What the trials of {@code tuning.search_space} may vary.
   *
   * @param ofPlugins the range or the options that a plugin declares for a key of its own
   */
  public SearchSpace searchSpace(Function<String, Optional<Dimension>> ofPlugins) {
    return SearchRules.space(configuration, ofPlugins);
  }

  /**
   * The same configuration, told to come from elsewhere.
   *
   * @param values the same values with other places
   * @param files as {@link #files}
   * @param sha256 as {@link #sha256}
   * @param assignments as {@link #assignments}
   */
  public ResolvedConfiguration from(
      List<ResolvedValue> values, List<Path> files, String sha256, List<String> assignments) {
    return new ResolvedConfiguration(
        configuration, values, mappings, files, folder, sha256, assignments, hollow);
  }

  /** The configuration as YAML that loads again, each value with its source as a comment. */
  public String toYaml() {
    return ResolvedYaml.write(this);
  }

  private static boolean isKnown(@Nullable Location location) {
    return location != null;
  }
}
