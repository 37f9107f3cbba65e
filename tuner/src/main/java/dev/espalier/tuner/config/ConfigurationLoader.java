package dev.espalier.tuner.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.tuner.config.Schema.Leaf;
import dev.espalier.tuner.config.Schema.Section;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Loads a configuration from its four sources: defaults, the YAML file, variables {@code
 * ESPALIER_PRUNING_TRAIN_EPOCHS}, and assignments {@code pruning.train.epochs=2}; the later wins.
 */
public final class ConfigurationLoader {
  private static final int MAX_BYTES = 1_000_000;
  private static final Section SCHEMA = Schema.of(Configuration.class);

  /**
   * Loads and checks a configuration.
   *
   * <p>Relative data paths are relative to the folder of {@code yaml}, whatever source they come
   * from, and absolute in the result.
   *
   * <p>A file that was written for LPOT is put into our own keys first; see {@link
   * ResolvedConfiguration#mappings}.
   *
   * @param yaml the file
   * @param assignments {@code path=value} from the command line, the value in YAML
   * @param environment the process environment; what does not begin with {@code ESPALIER_} and a
   *     section's name is ignored
   * @throws ProblemException with everything that is wrong: INPUT when the file cannot be read,
   *     otherwise CONFIGURATION
   */
  public ResolvedConfiguration load(
      Path yaml, List<String> assignments, Map<String, String> environment) {
    byte[] content = read(yaml);
    Path folder = Optional.ofNullable(yaml.toAbsolutePath().getParent()).orElseThrow().normalize();
    YamlDocument written = parse(yaml, content);
    List<Problem> above = new ArrayList<>();
    Layer environmentLayer = environmentLayer(folder, environment, above);
    Layer assignmentLayer = assignmentLayer(folder, assignments, above);

    List<Problem> problems = new ArrayList<>(written.problems());
    Understood understood = Understood.of(written, List.of(assignmentLayer, environmentLayer));
    problems.addAll(understood.problems());
    YamlDocument document = understood.document();
    Layer fileLayer = fileLayer(document, folder, problems);
    problems.addAll(above);
    List<Layer> given = List.of(fileLayer, environmentLayer, assignmentLayer);
    List<Layer> layers = new ArrayList<>(given);
    layers.add(0, Defaults.layer(SCHEMA, given));
    Assembly assembly = Assembly.of(SCHEMA, layers, document, problems);
    Rules.check(assembly, problems);
    if (!problems.isEmpty()) {
      throw new ProblemException(problems.stream().distinct().toList());
    }
    return new ResolvedConfiguration(
        assembly.bind(),
        assembly.values(),
        understood.mappings(),
        yaml,
        folder,
        sha256(content),
        assignments);
  }

  private static YamlDocument parse(Path yaml, byte[] content) {
    YamlDocument document = YamlDocument.parse(yaml.toString(), decode(yaml, content));
    if (document.root() == null && !document.problems().isEmpty()) {
      throw new ProblemException(document.problems());
    }
    if (document.root() == null) {
      throw problem(
          Location.ofFile(yaml.toString()),
          "the file is empty",
          "Maybe start from a file in yaml-configs/.");
    }
    return document;
  }

  private static Layer fileLayer(YamlDocument document, Path folder, List<Problem> problems) {
    Layer layer = Layer.empty();
    LayerReader.Places places =
        new LayerReader.Places() {
          @Override
          public Location value(String path) {
            return document.locate(path);
          }

          @Override
          public Location key(String path) {
            return document.locateKey(path);
          }
        };
    new LayerReader(Source.FILE, places, folder::resolve, layer, problems)
        .read(SCHEMA, Objects.requireNonNull(document.root()));
    return layer;
  }

  private static Layer environmentLayer(
      Path folder, Map<String, String> environment, List<Problem> problems) {
    Layer layer = Layer.empty();
    new TreeMap<>(environment)
        .forEach(
            (name, text) -> {
              Location at = Location.ofFile("environment variable " + name);
              EnvironmentNames.path(SCHEMA, name)
                  .ifPresentOrElse(
                      path -> assign(Source.ENVIRONMENT, folder, at, path, text, layer, problems),
                      () ->
                          EnvironmentNames.mistaken(SCHEMA, name)
                              .ifPresent(
                                  advice ->
                                      problems.add(
                                          new Problem(
                                              ProblemKind.CONFIGURATION,
                                              at,
                                              "it names no key of the configuration",
                                              advice))));
            });
    return layer;
  }

  private static Layer assignmentLayer(
      Path folder, List<String> assignments, List<Problem> problems) {
    Layer layer = Layer.empty();
    for (String assignment : assignments) {
      Location at = Location.ofFile("--set " + assignment);
      int equals = assignment.indexOf('=');
      if (equals < 1) {
        problems.add(
            new Problem(
                ProblemKind.CONFIGURATION,
                at,
                "must be of the form path=value",
                "Maybe --set pruning.train.epochs=2 is meant."));
      } else {
        assign(
            Source.COMMAND_LINE,
            folder,
            at,
            assignment.substring(0, equals).strip(),
            assignment.substring(equals + 1),
            layer,
            problems);
      }
    }
    return layer;
  }

  private static void assign(
      Source source,
      Path folder,
      Location at,
      String path,
      String text,
      Layer layer,
      List<Problem> problems) {
    YamlDocument document = YamlDocument.parse(at.file(), text);
    boolean verbatim = isVerbatim(Schema.find(SCHEMA, path), text);
    JsonNode value = document.root();
    if (verbatim) {
      value = JsonNodeFactory.instance.textNode(text);
    } else if (!document.problems().isEmpty()) {
      problems.addAll(document.problems());
      return;
    } else if (value == null) {
      value = JsonNodeFactory.instance.nullNode();
    }
    LayerReader.Places places =
        new LayerReader.Places() {
          @Override
          public Location value(String ignored) {
            return at;
          }

          @Override
          public Location key(String ignored) {
            return at;
          }
        };
    new LayerReader(source, places, folder::resolve, layer, problems)
        .read(SCHEMA, nest(path, value));
  }

  /** Whether a text means itself, so that a glob such as *.query.* needs no quotes. */
  private static boolean isVerbatim(Optional<Schema.Shape> shape, String text) {
    if (shape.isEmpty() || text.isBlank() || text.equals("null")) {
      return false;
    }
    boolean single = shape.get() == Leaf.TEXT || shape.get() == Leaf.PATH;
    return single || (shape.get() == Leaf.TEXTS && !text.strip().startsWith("["));
  }

  /** {@code a.b[0].c} and v as {@code {a: {b: {"[0]": {c: v}}}}}. */
  private static JsonNode nest(String path, JsonNode value) {
    List<String> segments = Paths.segments(path);
    JsonNode node = value;
    for (int i = segments.size() - 1; i >= 0; i--) {
      ObjectNode around = JsonNodeFactory.instance.objectNode();
      around.set(segments.get(i), node);
      node = around;
    }
    return node;
  }

  private static byte[] read(Path yaml) {
    Location file = Location.ofFile(yaml.toString());
    if (!Files.exists(yaml)) {
      throw ProblemException.at(
          ProblemKind.INPUT, file, "the file does not exist", "Maybe the path is misspelled.");
    }
    if (!Files.isRegularFile(yaml)) {
      throw ProblemException.at(ProblemKind.INPUT, file, "this is not a file", null);
    }
    try (InputStream in = Files.newInputStream(yaml)) {
      byte[] content = in.readNBytes(MAX_BYTES + 1);
      if (content.length > MAX_BYTES) {
        throw problem(file, "the file is larger than 1 MB", "Maybe this is not a configuration.");
      }
      return content;
    } catch (IOException e) {
      throw new ProblemException(
          List.of(new Problem(ProblemKind.INPUT, file, "it cannot be read: " + e, null)), e);
    }
  }

  private static String decode(Path yaml, byte[] content) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
    } catch (CharacterCodingException e) {
      throw problem(
          Location.ofFile(yaml.toString()),
          "the file is not UTF-8 text",
          "Maybe it was saved in another encoding.");
    }
  }

  private static ProblemException problem(Location at, String message, String advice) {
    return ProblemException.at(ProblemKind.CONFIGURATION, at, message, advice);
  }

  private static String sha256(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
