package dev.espalier.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaId;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import dev.espalier.api.problem.ProblemException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The published schema says what the records say, and means what the loader means. */
class JsonSchemaTest {
  private static final Path ROOT = Path.of("..");
  private static final Path PUBLISHED = ROOT.resolve("docs/schema/espalier.schema.json");
  private static final JsonSchemaFactory DRAFT_7 = JsonSchemaFactory.getInstance(VersionFlag.V7);
  private static final com.networknt.schema.JsonSchema SCHEMA =
      DRAFT_7.getSchema(JsonSchema.text());

  /** YAML 1.2, which editors read, takes it for a number; YAML 1.1, which we read, for a text. */
  private static final Pattern NUMBER_WITHOUT_DOT = Pattern.compile("[-+]?[0-9]+[eE][-+]?[0-9]+");

  /** What stands in the first column of the tables is set in this file. */
  private static final String SMALLEST =
      """
      model: {name: tiny, checkpoint: all-minilm-l6-v2}
      data: {task: sentiment-twin}
      pruning:
        approach:
          weight_compression:
            pruners:
              - prune_type: movement
      """;

  @TempDir Path folder;

  static Stream<Arguments> files() throws IOException {
    List<Arguments> files = new ArrayList<>();
    for (String directory : List.of("yaml-configs", "examples")) {
      try (Stream<Path> found = Files.walk(ROOT.resolve(directory))) {
        for (Path file : found.filter(JsonSchemaTest::isSourceYaml).sorted().toList()) {
          files.add(Arguments.of(file.toString(), Files.readString(file)));
        }
      }
    }
    return files.stream();
  }

  /** Every YAML block of a page that is a whole configuration and not a part of one. */
  static Stream<Arguments> blocks() throws IOException {
    List<Path> pages = new ArrayList<>(List.of(ROOT.resolve("README.md")));
    for (String directory : List.of("docs", "examples")) {
      try (Stream<Path> found = Files.walk(ROOT.resolve(directory))) {
        found.filter(page -> page.toString().endsWith(".md")).sorted().forEach(pages::add);
      }
    }
    List<Arguments> blocks = new ArrayList<>();
    for (Path page : pages) {
      Matcher block = Pattern.compile("(?ms)^```ya?ml\\n(.*?)^```").matcher(Files.readString(page));
      while (block.find()) {
        JsonNode root = YamlDocument.parse(page.toString(), block.group(1)).root();
        if (root != null && root.has("model") && root.has("data")) {
          blocks.add(Arguments.of(page.toString(), block.group(1)));
        }
      }
    }
    return blocks.stream();
  }

  private static boolean isSourceYaml(Path file) {
    boolean built = file.toString().contains("/target/");
    return !built && Files.isRegularFile(file) && file.toString().matches(".*\\.ya?ml");
  }

  @Test
  @DisplayName("docs/schema/espalier.schema.json is what the records say")
  void publishedIsUpToDate() throws IOException {
    Path wanted = Path.of("target/espalier.schema.json");
    Files.writeString(wanted, JsonSchema.text());

    assertThat(PUBLISHED)
        .as("replace it: cp config/%s docs/schema/", wanted)
        .exists()
        .hasContent(JsonSchema.text());
  }

  @Test
  @DisplayName("it is a schema by draft-07's own schema")
  void isDraft7() {
    com.networknt.schema.JsonSchema metaSchema = DRAFT_7.getSchema(SchemaLocation.of(SchemaId.V7));

    assertThat(metaSchema.validate(JsonSchema.tree())).isEmpty();
    assertThat(metaSchema.validate(JsonNodeFactory.instance.objectNode().put("type", "text")))
        .as("the check itself works")
        .isNotEmpty();
  }

  @Test
  @DisplayName("every key is described, and every default keeps its own rules")
  void everyKey() {
    check("", JsonSchema.tree());
  }

  private static void check(String path, JsonNode schema) {
    JsonNode properties = schema.path("properties");
    assertThat(schema.path("additionalProperties").isBoolean()).as(path).isTrue();
    properties
        .properties()
        .forEach(
            entry -> {
              String child = path + "." + entry.getKey();
              JsonNode key = entry.getValue();
              assertThat(key.path("description").asText()).as(child).endsWith(".");
              if (key.has("default")) {
                assertThat(DRAFT_7.getSchema(key).validate(editors(key.get("default"))))
                    .as(child)
                    .isEmpty();
              }
              if (key.has("properties")) {
                check(child, key);
              } else if (key.path("items").has("properties")) {
                check(child, key.get("items"));
              }
            });
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({"files", "blocks"})
  @DisplayName("every configuration that we ship or show is valid, and loads")
  void shipped(String name, String yaml) throws IOException {
    assertThat(schemaSays(yaml)).isEmpty();

    ResolvedConfiguration loaded = load(yaml);
    assertThat(schemaSays(loaded.toYaml())).as("with every default written out").isEmpty();
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          version                                              | 2
          version                                              | 1.5
          model                                                | null
          model                                                | tiny
          model.name                                           | ../tiny
          model.name                                           | null
          model.name                                           | 7
          model.checkpoint                                     | ''
          model.checkpoint                                     | '  '
          model.chekpoint                                      | x
          devise                                               | cpu
          device                                               | tpu
          device                                               | gpu
          device                                               | 1
          device                                               | true
          data                                                 | []
          data.task                                            | null
          data.train                                           | 3
          data.train                                           | ' '
          data.train_examples                                  | -1
          data.train_examples                                  | 1.5
          data.train_examples                                  | 1e10
          data.max_sequence_length                             | 7
          data.max_sequence_length                             | 513
          data.max_sequence_length                             | many
          pruning                                              | null
          pruning.train.epochs                                 | 0
          pruning.train.epochs                                 | [1]
          pruning.train.epochs                                 | true
          pruning.train.max_steps                              | 0
          pruning.train.learning_rate                          | 0
          pruning.train.learning_rate                          | 2
          pruning.train.warmup                                 | [10]
          pruning.train.warmup                                 | -1
          pruning.train.warmup                                 | 0.1
          pruning.train.warmup                                 | 101%
          pruning.train.warmup                                 | 100.5%
          pruning.train.warmup                                 | ten
          pruning.train.warmup                                 | 10 % of it
          pruning.train.warmup                                 | 1000000000000
          pruning.train.start_from                             | scratch
          pruning.approach                                     | {}
          pruning.approach.weight_compression                  | null
          pruning.approach.weight_compression.initial_sparsity | 1
          pruning.approach.weight_compression.target_sparsity  | 1.7
          pruning.approach.weight_compression.pruners          | null
          pruning.approach.weight_compression.pruners          | []
          pruning.approach.weight_compression.pruners          | movement
          pruning.approach.weight_compression.pruners          | [null]
          pruning.approach.weight_compression.pruners          | [movement]
          pruning.approach.weight_compression.pruners          | [{}]
          pruning.approach.weight_compression.pruners          | [{prune_type: null}]
          pruning.approach.weight_compression.pruners          | [{prune_type: a}, {prune_type: b}]
          pruning.approach.weight_compression.pruners          | [{prune_type: a, typo: b}]
          pruning.approach.weight_compression.pruners          | [{prune_type: a, names: [1]}]
          pruning.approach.weight_compression.pruners          | [{prune_type: a, names: 'x,,y'}]
          pruning.approach.weight_compression.pruners          | [{prune_type: a, prune_domain: all}]
          pruning.approach.weight_compression.pruners          | [{prune_type: a, parameters: 1}]
          pruning.approach.weight_compression.pruners          | [{prune_type: a, parameters: {b: []}}]
          pruning.approach.weight_compression.pruners          | [{prune_type: a, parameters: {b: true}}]
          quantization                                         | int8
          quantization.approach                                | static
          evaluation.accuracy.metric                           | [accuracy]
          evaluation.accuracy.multi_metrics                    | accuracy
          evaluation.accuracy.multi_metrics                    | [accuracy]
          evaluation.accuracy.multi_metrics                    | [{weight: 1}]
          evaluation.accuracy.multi_metrics                    | [{metric: a, weight: 0}]
          evaluation.accuracy.multi_metrics                    | [{metric: a, relative: 1}]
          evaluation.accuracy.multi_metrics                    | [{metric: a, relative: 0, absolute: 0}]
          evaluation.accuracy.multi_metrics                    | [{metric: a, weight: 1}, {metric: b}]
          evaluation.accuracy.multi_metrics                    | [{metric: a, weight: 1, relative: 0}]
          evaluation.accuracy                                  | {metric: a, multi_metrics: [{metric: b}]}
          evaluation.performance.iteration                     | 0
          tuning.accuracy_criterion                            | 0.01
          tuning.accuracy_criterion                            | {relative: null}
          tuning.accuracy_criterion                            | {relative: 0.1, absolute: 0.1}
          tuning.accuracy_criterion                            | {relative: 1}
          tuning.accuracy_criterion                            | {absolute: -1}
          tuning.baseline.metrics                              | 0.9
          tuning.baseline.metrics                              | {accuracy: high}
          tuning.baseline.metrics                              | {accuracy: [0.9]}
          tuning.baseline.checkpoint                           | 3
          tuning.multi_objectives                              | [density]
          tuning.multi_objectives                              | [{objective: speed}]
          tuning.multi_objectives                              | [{objective: density, weight: 0}]
          tuning                                               | {objective: density, multi_objectives: [{objective: density}]}
          tuning.random_seed                                   | 0.5
          tuning.random_seed                                   | 1e30
          tuning.workspace                                     | runs
          """)
  @DisplayName("what is wrong is refused by both")
  void wrong(String path, String value) throws IOException {
    String yaml = with(path, value);

    assertThat(schemaSays(yaml)).as("the schema").isNotEmpty();
    assertThatThrownBy(() -> load(yaml)).as("the loader").isInstanceOf(ProblemException.class);
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          version                                     | null
          device                                      | null
          data.train                                  | null
          data.train_examples                         | 1000000000
          data.train_examples                         | 5.0
          pruning.train                               | null
          pruning.train                               | {}
          pruning.train.epochs                        | 0.5
          pruning.train.max_steps                     | null
          pruning.train.learning_rate                 | 1e-4
          pruning.train.warmup                        | 10%
          pruning.train.warmup                        | 0%
          pruning.train.warmup                        | 100%
          pruning.train.warmup                        | 2.5 %
          pruning.train.warmup                        | 500
          pruning.train.warmup                        | '500'
          pruning.train.warmup                        | null
          pruning.approach.weight_compression.pruners | [{prune_type: a, names: 'x, y'}]
          pruning.approach.weight_compression.pruners | [{prune_type: a, names: []}]
          pruning.approach.weight_compression.pruners | [{prune_type: a, parameters: null}]
          pruning.approach.weight_compression.pruners | [{prune_type: a, parameters: {b: 1, c: d, e: null}}]
          quantization                                | null
          quantization                                | {}
          evaluation                                  | null
          evaluation.accuracy.multi_metrics           | []
          evaluation.accuracy.multi_metrics           | [{metric: a}, {metric: b, absolute: 0.1}]
          evaluation.accuracy.multi_metrics           | [{metric: a, weight: 1}, {metric: b, weight: 0.5}]
          evaluation.accuracy.multi_metrics           | [{metric: a, weight: null, relative: null}]
          evaluation.accuracy                         | {metric: null, multi_metrics: [{metric: b}]}
          evaluation.accuracy                         | {metric: b, multi_metrics: []}
          tuning                                      | {}
          tuning.accuracy_criterion                   | null
          tuning.accuracy_criterion                   | {}
          tuning.accuracy_criterion                   | {absolute: 2}
          tuning.accuracy_criterion                   | {relative: null, absolute: 0.02}
          tuning.baseline.metrics                     | {}
          tuning.objective                            | null
          tuning.multi_objectives                     | [{objective: density}, {objective: accuracy, weight: 2}]
          tuning                                      | {baseline: {metrics: {accuracy: 0.9}}, objective: density}
          tuning.baseline.checkpoint                  | runs/tiny/20260102-120000
          tuning.random_seed                          | -9223372036854775808
          """)
  @DisplayName("what is right is accepted by both")
  void right(String path, String value) throws IOException {
    String yaml = with(path, value);

    assertThat(schemaSays(yaml)).as("the schema").isEmpty();
    assertThat(load(yaml)).as("the loader").isNotNull();
  }

  @ParameterizedTest
  @CsvSource({"model", "data", "pruning", "model.name", "model.checkpoint", "data.task"})
  @DisplayName("what is missing is missed by both")
  void missing(String path) throws IOException {
    ObjectNode tree = tree(SMALLEST);
    ((ObjectNode) tree.at(pointer(Paths.parent(path))))
        .remove(path.substring(path.lastIndexOf('.') + 1));
    String yaml = tree.toString();

    assertThat(schemaSays(yaml)).as("the schema").isNotEmpty();
    assertThatThrownBy(() -> load(yaml)).as("the loader").hasMessageContaining("is missing");
  }

  /** The smallest file with one value set or replaced. JSON is YAML. */
  private static String with(String path, String value) {
    ObjectNode tree = tree(SMALLEST);
    ObjectNode around = tree;
    List<String> segments = Paths.segments(path);
    for (String segment : segments.subList(0, segments.size() - 1)) {
      around = around.withObject("/" + segment);
    }
    String name = segments.get(segments.size() - 1);
    around.set(name, Objects.requireNonNull(YamlDocument.parse("value", value).root()));
    return tree.toString();
  }

  private static String pointer(String path) {
    return path.isEmpty() ? "" : "/" + path.replace('.', '/');
  }

  private ResolvedConfiguration load(String yaml) throws IOException {
    Path file = Files.writeString(folder.resolve("x.yaml"), yaml);
    return new ConfigurationLoader().load(file, List.of(), Map.of());
  }

  private static Set<ValidationMessage> schemaSays(String yaml) {
    return SCHEMA.validate(editors(tree(yaml)).toString(), InputFormat.JSON);
  }

  private static ObjectNode tree(String yaml) {
    return (ObjectNode) Objects.requireNonNull(YamlDocument.parse("yaml", yaml).root());
  }

  /** The values as an editor sees them. */
  private static JsonNode editors(JsonNode node) {
    if (node.isTextual() && NUMBER_WITHOUT_DOT.matcher(node.textValue()).matches()) {
      return JsonNodeFactory.instance.numberNode(Double.parseDouble(node.textValue()));
    }
    if (node instanceof ObjectNode map) {
      ObjectNode seen = JsonNodeFactory.instance.objectNode();
      map.properties().forEach(entry -> seen.set(entry.getKey(), editors(entry.getValue())));
      return seen;
    }
    if (node instanceof ArrayNode list) {
      ArrayNode seen = JsonNodeFactory.instance.arrayNode();
      list.forEach(item -> seen.add(editors(item)));
      return seen;
    }
    return node;
  }
}
