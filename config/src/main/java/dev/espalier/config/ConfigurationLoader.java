package dev.espalier.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.config.Schema.Leaf;
import dev.espalier.config.Schema.Section;
import dev.espalier.config.foreign.Mapping;
import dev.espalier.core.files.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Loads a configuration from its four sources: defaults, YAML files, variables {@code
 * ESPALIER_PRUNING_TRAIN_EPOCHS}, and assignments {@code pruning.train.epochs=2}; the later wins.
 */
public final class ConfigurationLoader {
  private static final int MAX_BYTES = 1_000_000;
  private static final int MOST_PROBLEMS = 100;
  private static final Section SCHEMA = Schema.of(Configuration.class);

  /** Checks what the format by itself cannot know, such as which pruners there are. */
  @FunctionalInterface
  public interface Check {
    /**
     * What is wrong, each problem with the key that it is about.
     *
     * @param draft the configuration; where something was found wrong already it holds the default,
     *     or an empty text or list, and what is said about such a path is dropped
     */
    List<Problem> of(ResolvedConfiguration draft);
  }

  /** A file's content. */
  record Text(Path file, ByteBuffer content) {}

  /** What one source says. */
  private record SourceTree(
      Source source, LayerReader.Places places, Path folder, JsonNode tree, boolean literal) {}

  /**
   * Loads and checks a configuration from one file.
   *
   * @see #load(List, List, Map, Check)
   */
  public ResolvedConfiguration load(
      Path yaml, List<String> assignments, Map<String, String> environment) {
    return load(List.of(yaml), assignments, environment, draft -> List.of());
  }

  /**
   * Loads and checks a configuration.
   *
   * <p>A later file overrides an earlier one key by key, and lists as a whole. Relative data paths
   * are relative to the folder of the file that they stand in, or of the first file when they come
   * from elsewhere, and absolute in the result. References in files and assignments are replaced,
   * {@code ${env:NAME}}, {@code ${sys:name}} and {@code ${some.other.key}}; variables are taken as
   * they are.
   *
   * <p>A file in a foreign format is translated into our own keys first; see {@link
   * ResolvedConfiguration#mappings}.
   *
   * @param files the files, at least one
   * @param assignments {@code path=value} from the command line, the value in YAML
   * @param environment the process environment; what does not begin with {@code ESPALIER_} and a
   *     section's name is ignored
   * @param check what else to check, so that its problems come with the others
   * @throws ProblemException with everything that is wrong: INPUT when a file cannot be read,
   *     otherwise CONFIGURATION
   */
  public ResolvedConfiguration load(
      List<Path> files, List<String> assignments, Map<String, String> environment, Check check) {
    List<Problem> problems = new ArrayList<>();
    List<Text> texts = texts(files, problems);
    return load(texts, assignments, environment, check, problems);
  }

  private static List<Text> texts(List<Path> files, List<Problem> problems) {
    List<Text> texts = new ArrayList<>();
    for (Path file : files) {
      try {
        texts.add(new Text(file, ByteBuffer.wrap(read(file))));
      } catch (ProblemException e) {
        problems.addAll(e.problems());
      }
    }
    return texts;
  }

  /**
   * Loads files that need not say everything.
   *
   * @param rest what holds where no file says anything, in YAML
   * @param files the files, the later over the earlier; there may be none
   * @param assignments as for {@link #load(List, List, Map, Check)}
   * @param environment likewise
   * @throws ProblemException likewise
   */
  public ResolvedConfiguration loadOver(
      String rest, List<Path> files, List<String> assignments, Map<String, String> environment) {
    List<Problem> problems = new ArrayList<>();
    List<Text> texts = new ArrayList<>();
    ByteBuffer below = ByteBuffer.wrap(rest.getBytes(StandardCharsets.UTF_8));
    texts.add(new Text(Path.of("espalier"), below));
    texts.addAll(texts(files, problems));
    return load(texts, assignments, environment, draft -> List.of(), problems);
  }

  /** The same, with contents that are there already and problems that getting them made. */
  ResolvedConfiguration load(
      List<Text> texts,
      List<String> assignments,
      Map<String, String> environment,
      Check check,
      List<Problem> problems) {
    boolean complete = problems.isEmpty();
    List<YamlDocument> written = texts.stream().map(text -> parse(text, problems)).toList();
    Path folder = texts.isEmpty() ? Path.of("").toAbsolutePath() : folder(texts.get(0).file());
    List<SourceTree> above = new ArrayList<>();
    addVariables(environment, folder, above, problems);
    addAssignments(assignments, folder, above, problems);

    List<SourceTree> given = new ArrayList<>();
    List<YamlDocument> documents = new ArrayList<>();
    List<Mapping> mappings = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      YamlDocument document = written.get(i);
      JsonNode tree = document.root();
      complete &= tree != null;
      if (tree != null) {
        ParsedDocument parsed = ParsedDocument.of(document, () -> provisional(above, environment));
        problems.addAll(parsed.problems());
        mappings.addAll(parsed.mappings());
        document = parsed.document();
        tree = Objects.requireNonNull(document.root());
        Path its = folder(texts.get(i).file());
        given.add(new SourceTree(Source.FILE, new FilePlaces(document), its, tree, false));
      }
      documents.add(document);
    }
    given.addAll(above);

    Interpolation interpolation = interpolation(given, environment);
    List<Layer> layers = new ArrayList<>();
    for (SourceTree source : given) {
      layers.add(read(source, interpolation, problems));
    }
    if (!complete) {
      throw failure(problems);
    }
    layers.add(0, Defaults.layer(SCHEMA, layers));
    Sources sources =
        new Sources(
            layers,
            new Documents(documents),
            mappings,
            texts.stream().map(Text::file).toList(),
            folder,
            sha256(texts),
            assignments);
    return resolve(sources, interpolation.tainted(), check, problems);
  }

  /**
   * What {@code sources} say together.
   *
   * @param tainted paths whose values cannot be known, because of a problem elsewhere
   * @param problems what was found so far
   * @throws ProblemException with everything that is wrong
   */
  static ResolvedConfiguration resolve(
      Sources sources, Set<String> tainted, Check check, List<Problem> problems) {
    Assembly assembly =
        Assembly.of(SCHEMA, sources.layers(), sources.documents(), tainted, problems);
    Rules.check(assembly, problems);
    Configuration configuration = assembly.bind();
    SearchRules.check(assembly, configuration, problems);
    ResolvedConfiguration resolved =
        new ResolvedConfiguration(configuration, assembly.values(), sources);
    for (Problem problem : check.of(resolved)) {
      if (!assembly.isReported(problem)) {
        problems.add(problem);
      }
    }
    if (!problems.isEmpty()) {
      throw failure(problems);
    }
    return resolved;
  }

  /** The layers of {@code assignments}, whose texts mean themselves, references and all. */
  static List<Layer> layers(List<String> assignments, Path folder, List<Problem> problems) {
    List<SourceTree> given = new ArrayList<>();
    addAssignments(assignments, folder, given, problems);
    return given.stream().map(each -> read(each, each.tree(), problems)).toList();
  }

  /** Nobody reads more than {@link #MOST_PROBLEMS}; the rest is counted. */
  private static ProblemException failure(List<Problem> problems) {
    List<Problem> distinct = new ArrayList<>(new LinkedHashSet<>(problems));
    int more = distinct.size() - MOST_PROBLEMS;
    if (more > 0) {
      distinct.subList(MOST_PROBLEMS, distinct.size()).clear();
      distinct.add(
          new Problem(
              ProblemKind.CONFIGURATION,
              ProblemCode.TOO_LARGE,
              null,
              "there are " + more + " more problems",
              "Maybe this is not a configuration."));
    }
    return new ProblemException(distinct);
  }

  private static YamlDocument parse(Text text, List<Problem> problems) {
    String name = text.file().toString();
    String yaml;
    try {
      yaml = decode(text.content());
    } catch (CharacterCodingException e) {
      problems.add(
          problem(
              ProblemCode.SYNTAX,
              Location.ofFile(name),
              "the file is not UTF-8 text",
              "Maybe it was saved in another encoding."));
      return YamlDocument.parse(name, "");
    }
    YamlDocument document = YamlDocument.parse(name, yaml);
    problems.addAll(document.problems());
    if (document.root() == null && document.problems().isEmpty()) {
      problems.add(
          problem(
              ProblemCode.SYNTAX,
              Location.ofFile(name),
              "the file is empty",
              "Start from a file in yaml-configs/."));
    }
    return document;
  }

  private static Layer read(SourceTree given, Interpolation interpolation, List<Problem> problems) {
    return read(
        given,
        given.literal()
            ? given.tree()
            : interpolation.apply(given.tree(), given.places(), problems),
        problems);
  }

  private static Layer read(SourceTree given, JsonNode tree, List<Problem> problems) {
    Layer layer = Layer.empty();
    new LayerReader(given.source(), given.places(), given.folder()::resolve, layer, problems)
        .read(SCHEMA, tree);
    return layer;
  }

  /**
   * What stands above the files, the highest first, for the translation of a file in another
   * format; it is read again, with its problems, when all sources are there.
   */
  private static List<Layer> provisional(List<SourceTree> above, Map<String, String> environment) {
    Interpolation interpolation = interpolation(above, environment);
    List<Layer> layers = new ArrayList<>();
    for (SourceTree source : above) {
      layers.add(0, read(source, interpolation, new ArrayList<>()));
    }
    return layers;
  }

  private static Interpolation interpolation(
      List<SourceTree> given, Map<String, String> environment) {
    List<JsonNode> trees =
        given.stream()
            .map(source -> source.literal() ? escaped(source.tree()) : source.tree())
            .toList();
    return new Interpolation(
        SCHEMA, trees, Defaults.layer(SCHEMA, List.of()).values(), environment);
  }

  private static JsonNode escaped(JsonNode node) {
    if (node.isObject()) {
      ObjectNode map = JsonNodeFactory.instance.objectNode();
      node.properties().forEach(entry -> map.set(entry.getKey(), escaped(entry.getValue())));
      return map;
    }
    return node.isTextual()
        ? JsonNodeFactory.instance.textNode(Interpolation.escape(node.textValue()))
        : node;
  }

  private static void addVariables(
      Map<String, String> environment,
      Path folder,
      List<SourceTree> given,
      List<Problem> problems) {
    new TreeMap<>(environment)
        .forEach(
            (name, text) -> {
              Location at = Location.ofFile("environment variable " + name);
              EnvironmentNames.path(SCHEMA, name)
                  .ifPresentOrElse(
                      path -> {
                        // Containers and CI hand on variables that nobody set as empty ones.
                        if (!text.isBlank()) {
                          add(Source.ENVIRONMENT, folder, at, path, text, given, problems);
                        }
                      },
                      () ->
                          EnvironmentNames.mistaken(SCHEMA, name)
                              .ifPresent(
                                  advice ->
                                      problems.add(
                                          problem(
                                              ProblemCode.UNKNOWN_KEY,
                                              at,
                                              "it names no key of the configuration",
                                              advice))));
            });
  }

  private static void addAssignments(
      List<String> assignments, Path folder, List<SourceTree> given, List<Problem> problems) {
    for (String assignment : assignments) {
      Location at = Location.ofFile("--set " + assignment);
      int equals = assignment.indexOf('=');
      if (equals < 1) {
        problems.add(
            problem(
                ProblemCode.SYNTAX,
                at,
                "must be of the form path=value",
                "Maybe --set pruning.train.epochs=2 is meant."));
      } else {
        String path = assignment.substring(0, equals).strip();
        String text = assignment.substring(equals + 1);
        add(Source.COMMAND_LINE, folder, at, path, text, given, problems);
      }
    }
  }

  /** Adds one value with its path, unless it cannot be read. */
  private static void add(
      Source source,
      Path folder,
      Location at,
      String path,
      String text,
      List<SourceTree> given,
      List<Problem> problems) {
    YamlDocument document = YamlDocument.parse(at.file(), text);
    JsonNode value = document.root();
    if (isVerbatim(Schema.find(SCHEMA, path), text)) {
      value = JsonNodeFactory.instance.textNode(text);
    } else if (!document.problems().isEmpty()) {
      problems.addAll(document.problems());
      return;
    } else if (value == null) {
      value = JsonNodeFactory.instance.nullNode();
    }
    boolean literal = source == Source.ENVIRONMENT;
    At place = new At(at, path, document);
    given.add(new SourceTree(source, place, folder, RawTree.nest(path, value), literal));
  }

  /** The one place of a variable or an assignment. */
  private record At(Location location, String path, YamlDocument document)
      implements LayerReader.Places {
    @Override
    public Location value(String path) {
      return location;
    }

    @Override
    public Location key(String path) {
      return location;
    }

    @Override
    public Optional<String> written(String below) {
      return Paths.isWithin(below, path)
          ? document.written(below.substring(path.length()).replaceFirst("^\\.", ""))
          : Optional.empty();
    }
  }

  private static Path folder(Path file) {
    return Optional.ofNullable(file.toAbsolutePath().getParent()).orElseThrow().normalize();
  }

  /** Whether a text means itself, so that a glob such as *.query.* needs no quotes. */
  private static boolean isVerbatim(Optional<Schema.Shape> shape, String text) {
    if (shape.isEmpty() || text.isBlank() || text.equals("null")) {
      return false;
    }
    boolean single = shape.get() == Leaf.TEXT || shape.get() == Leaf.PATH;
    return single || (shape.get() == Leaf.TEXTS && !text.strip().startsWith("["));
  }

  private static byte[] read(Path yaml) {
    Location file = Location.ofFile(yaml.toString());
    if (!Files.exists(yaml)) {
      throw unreadable(file, "the file does not exist", "Maybe the path is misspelled.");
    }
    if (!Files.isRegularFile(yaml)) {
      throw unreadable(file, "this is not a file", "Maybe a file in it is meant.");
    }
    try (InputStream in = Files.newInputStream(yaml)) {
      byte[] content = in.readNBytes(MAX_BYTES + 1);
      if (content.length > MAX_BYTES) {
        throw new ProblemException(
            List.of(
                problem(
                    ProblemCode.TOO_LARGE,
                    file,
                    "the file is larger than 1 MB",
                    "Maybe this is not a configuration.")));
      }
      return content;
    } catch (IOException e) {
      throw unreadable(file, "it cannot be read: " + e, "Maybe its permissions are wrong.");
    }
  }

  private static ProblemException unreadable(Location file, String message, String advice) {
    return new ProblemException(
        List.of(new Problem(ProblemKind.INPUT, ProblemCode.MISSING_FILE, file, message, advice)));
  }

  private static String decode(ByteBuffer content) throws CharacterCodingException {
    return StandardCharsets.UTF_8.newDecoder().decode(content.duplicate()).toString();
  }

  private static Problem problem(ProblemCode code, Location at, String message, String advice) {
    return new Problem(ProblemKind.CONFIGURATION, code, at, message, advice);
  }

  private static String sha256(List<Text> texts) {
    MessageDigest digest = Sha256.digest();
    texts.forEach(text -> digest.update(text.content().duplicate()));
    return Sha256.hex(digest);
  }
}
