package dev.espalier.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.config.Schema.Field;
import dev.espalier.config.Schema.Free;
import dev.espalier.config.Schema.Items;
import dev.espalier.config.Schema.Leaf;
import dev.espalier.config.Schema.Section;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The loader and the published schema give each key the same values. */
class SchemaAgreementTest {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final com.networknt.schema.JsonSchema SCHEMA =
      JsonSchemaFactory.getInstance(VersionFlag.V7).getSchema(JsonSchema.text());

  /** Its value is a key of the format, which only the loader looks up. */
  private static final String SEARCHED = "tuning.search_space[0].key";

  /** Relative and absolute must not both be there, nor both be null. */
  private static final Pattern ONE_CRITERION = Pattern.compile("accuracy_criterion\\W+anyOf");

  private static final String SMALLEST =
      """
      model: {name: tiny, checkpoint: all-minilm-l6-v2}
      data: {task: sentiment-twin}
      pruning: {approach: {weight_compression: {pruners: [{prune_type: movement}]}}}
      """;

  @TempDir Path folder;

  static Stream<Arguments> keys() {
    List<Arguments> keys = new ArrayList<>();
    collect(Schema.of(Configuration.class), "", keys);
    return keys.stream();
  }

  private static void collect(Section section, String path, List<Arguments> keys) {
    for (Field field : section.fields()) {
      String child = Paths.child(path, field.name());
      keys.add(Arguments.of(child, field));
      if (field.shape() instanceof Section inner) {
        collect(inner, child, keys);
      } else if (field.shape() instanceof Items items) {
        collect(items.each(), Paths.item(child, 0), keys);
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("keys")
  @DisplayName("every kind of value, every boundary and every word")
  void agree(String path, Field field) throws IOException {
    for (String value : values(field)) {
      String yaml = with(path, Objects.requireNonNull(YamlDocument.parse("value", value).root()));

      assertThat(loaderRefuses(yaml, path))
          .as("the loader refuses %s: %s, as the schema does", path, value)
          .isEqualTo(schemaRefuses(yaml, path));
    }
  }

  private static Set<String> values(Field field) {
    Set<String> values = new LinkedHashSet<>();
    values.addAll(
        List.of("null", "''", "'  '", "true", "7", "1.5", "-1", "0", "1.0e+30", "none of"));
    values.addAll(List.of("[]", "{}", "[7]", "['']", "[a, b]", "{a: 1}", "{alpha: null}", "[{}]"));
    values.addAll(List.of("{accuracy: high}", "{accuracy: 0.5}", "'a,,b'", "a b", "../a"));
    boolean numeric =
        field.shape() == Leaf.WHOLE
            || field.shape() == Leaf.DECIMAL
            || field.shape() == Leaf.STRETCH;
    Key key = field.key();
    for (double bound : new double[] {key.minimum(), key.maximum()}) {
      if (numeric && Double.isFinite(bound)) {
        boolean whole = field.shape() == Leaf.WHOLE;
        values.add(number(bound));
        values.add(number(whole ? bound - 1 : Math.nextDown(bound)));
        values.add(number(whole ? bound + 1 : Math.nextUp(bound)));
      }
    }
    for (int each : key.oneOf()) {
      values.add(Integer.toString(each));
      values.add(Integer.toString(each + 1));
    }
    for (String word : field.words()) {
      List.of(
              word,
              word.toUpperCase(Locale.ROOT),
              word.toLowerCase(Locale.ROOT),
              word + "s",
              "[" + word + "]")
          .forEach(values::add);
      values.add("[" + word + ", 'no such word']");
      values.add("'" + word + " , " + word + "'");
      values.add("{alpha: " + word + "}");
    }
    values.addAll(List.of(key.unsupported()));
    if (field.shape() == Leaf.AMOUNT || field.shape() == Leaf.STRETCH) {
      values.addAll(List.of("10%", "101%", "2 epochs", "0.5 epochs", "3 steps", "1 day", "100%"));
    }
    if (!key.pattern().isEmpty()) {
      values.addAll(List.of("1-2", "0-2", "1-", "-2", "a.b", "-a"));
    }
    if (field.shape() instanceof Free) {
      values.addAll(List.of("{alpha: 0}", "{alpha: 1}", "{alpha: -0.1}", "{alpha: 1.1}"));
      values.addAll(List.of("{alpha: []}", "{alpha: true}", "{alfa: 0.5}", "{alpha: ''}"));
    }
    return values;
  }

  private static String number(double value) {
    return value == Math.rint(value) ? Long.toString(Math.round(value)) : Double.toString(value);
  }

  private boolean loaderRefuses(String yaml, String path) throws IOException {
    Path file = Files.writeString(folder.resolve("x.yaml"), yaml);
    try {
      new ConfigurationLoader().load(file, List.of(), Map.of());
      return false;
    } catch (ProblemException e) {
      return e.problems().stream().anyMatch(problem -> isOfTheKey(problem, path));
    }
  }

  /** What keys must have in common is said elsewhere. */
  private static boolean isOfTheKey(Problem problem, String path) {
    boolean alone =
        problem.code() != ProblemCode.CONTRADICTION && problem.code() != ProblemCode.DUPLICATE_KEY;
    boolean lookedUp = path.equals(SEARCHED) && problem.code() == ProblemCode.UNKNOWN_KEY;
    return alone && !lookedUp && Paths.isWithin(String.valueOf(problem.key()), path);
  }

  private static boolean schemaRefuses(String yaml, String path) {
    return SCHEMA.validate(yaml, InputFormat.JSON).stream()
        .filter(message -> !ONE_CRITERION.matcher(message.getEvaluationPath().toString()).find())
        .map(message -> message.getInstanceLocation().toString().replaceFirst("^\\$\\.?", ""))
        .anyMatch(at -> Paths.isWithin(at, path));
  }

  /** The smallest file with one value set; entries of lists have what they need. JSON is YAML. */
  private static String with(String path, JsonNode value) {
    ObjectNode tree = (ObjectNode) YamlDocument.parse("yaml", SMALLEST).root();
    Objects.requireNonNull(tree);
    Section section = Schema.of(Configuration.class);
    ObjectNode around = tree;
    List<String> segments = Paths.segments(path);
    for (int i = 0; i < segments.size() - 1; i++) {
      Field field = section.field(segments.get(i)).orElseThrow();
      if (field.shape() instanceof Items items) {
        around = entry(around, field.name(), items.each());
        section = items.each();
        i++; // its index
      } else {
        around = around.withObject("/" + field.name());
        section = (Section) field.shape();
      }
    }
    around.set(segments.get(segments.size() - 1), value);
    return tree.toString();
  }

  private static ObjectNode entry(ObjectNode around, String name, Section each) {
    if (!around.path(name).isEmpty()) {
      return (ObjectNode) around.get(name).get(0);
    }
    ObjectNode entry = around.putArray(name).addObject();
    for (Field field : each.fields()) {
      if (field.key().required()) {
        String word = field.words().isEmpty() ? "a" : field.words().get(0);
        entry.set(
            field.name(),
            field.shape() == Leaf.TEXTS ? NODES.arrayNode().add(word) : NODES.textNode(word));
      }
    }
    return entry;
  }
}
