package dev.espalier.config;

import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.tuning.Dimension;
import dev.espalier.api.tuning.SearchSpace;
import dev.espalier.config.foreign.Mapping;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A configuration together with where each of its values came from. */
public final class ResolvedConfiguration {
  private final Configuration configuration;
  private final List<ResolvedValue> values;
  private final Sources sources;

  ResolvedConfiguration(Configuration configuration, List<ResolvedValue> values, Sources sources) {
    this.configuration = configuration;
    this.values = List.copyOf(values);
    this.sources = sources;
  }

  /** The values, typed. */
  public Configuration configuration() {
    return configuration;
  }

  /** Every value with its source, in the order of the format. */
  public List<ResolvedValue> values() {
    return values;
  }

  /**
   * What a file in a foreign format means here, piece by piece; empty for files of our own format.
   */
  public List<Mapping> mappings() {
    return sources.mappings();
  }

  /** The YAML files, as the user named them, the later over the earlier; at least one. */
  public List<Path> files() {
    return sources.files();
  }

  /** The first of the YAML files, as the user named it. */
  public Path file() {
    return files().get(0);
  }

  /** Hash of the YAML files, one after the other, in hexadecimal. */
  public String sha256() {
    return sources.sha256();
  }

  /** What the command line set, {@code path=value}. */
  public List<String> assignments() {
    return sources.assignments();
  }

  /** Empty maps and lists that somebody wrote and that change nothing. */
  public List<ResolvedValue> hollow() {
    return Layer.withoutEffect(sources.layers());
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

  /**
   * The same configuration with values of a trial laid over it.
   *
   * @param assignments {@code path=value}, the value in YAML and without references
   * @param check what else to check
   * @throws ProblemException of kind CONFIGURATION with everything that is wrong with the result
   */
  public ResolvedConfiguration with(List<String> assignments, ConfigurationLoader.Check check) {
    List<Problem> problems = new ArrayList<>();
    List<Layer> above = ConfigurationLoader.layers(assignments, sources.folder(), problems);
    return ConfigurationLoader.resolve(sources.with(above), Set.of(), check, problems);
  }

  /** The same configuration with a value laid over it that is known to be right. */
  public ResolvedConfiguration with(ResolvedValue value) {
    Layer layer = Layer.empty();
    layer.values().put(value.path(), value);
    return ConfigurationLoader.resolve(
        sources.with(List.of(layer)), Set.of(), unchecked -> List.of(), new ArrayList<>());
  }

  /**
   * The same configuration as an earlier process recorded it, with the sources that it had there.
   *
   * @param place a value with its source and place there
   * @param files as {@link #files}
   * @param sha256 as {@link #sha256}
   * @param assignments as {@link #assignments}
   */
  public ResolvedConfiguration recorded(
      UnaryOperator<ResolvedValue> place,
      List<Path> files,
      String sha256,
      List<String> assignments) {
    return new ResolvedConfiguration(
        configuration,
        values.stream().map(place).toList(),
        new Sources(
            sources.layers().stream().map(layer -> layer.placed(place)).toList(),
            sources.documents(),
            sources.mappings(),
            files,
            sources.folder(),
            sha256,
            assignments));
  }

  /**
   * What the trials of {@code tuning.search_space} may vary.
   *
   * @param ofPlugins the range or the options that a plugin declares for a key of its own
   */
  public SearchSpace searchSpace(Function<String, Optional<Dimension>> ofPlugins) {
    return SearchRules.space(configuration, ofPlugins);
  }

  /** The configuration as YAML that loads again, each value with its source as a comment. */
  public String toYaml() {
    return ResolvedYaml.write(values);
  }

  /** The same, with each value as it is to be shown. */
  public String toYaml(UnaryOperator<ResolvedValue> shown) {
    return ResolvedYaml.write(values.stream().map(shown).toList());
  }

  private static boolean isKnown(@Nullable Location location) {
    return location != null;
  }
}
