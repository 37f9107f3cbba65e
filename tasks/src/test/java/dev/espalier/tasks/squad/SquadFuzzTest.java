package dev.espalier.tasks.squad;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.core.data.TaskSource.Questions;
import dev.espalier.tasks.MiniLm;
import dev.espalier.tasks.text.Part;
import dev.espalier.tasks.text.PieceEncoder;
import dev.espalier.tasks.text.TextFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SquadFuzzTest {
  private static final int FILES = 2_000;
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final PieceEncoder ENCODER = PieceEncoder.create(MiniLm.tokenizerJson());

  private static final String NESTED =
      """
      {"version": "1", "data": [{"title": "t", "paragraphs": [
        {"context": "one two", "qas": [
          {"id": "a", "question": "what ?", "answers": [{"text": "two", "answer_start": 4}]},
          {"id": "b", "question": "what ?", "is_impossible": false,
           "answers": {"text": ["one", "two"], "answer_start": [0, 4]}}]},
        {"context": "three four", "qas": [
          {"id": "c", "question": "what ?", "answers": [], "is_impossible": true}]}]}]}
      """;

  private static final String FLAT =
      """
      [{"id": "a", "title": "t", "context": "one two", "question": "what ?",
        "answers": {"text": ["one", "two"], "answer_start": [0, 4]}},
       {"id": "b", "context": "one two", "question": "what ?",
        "answers": [{"text": "two", "answer_start": 4}]},
       {"id": "c", "context": "three", "question": "what ?",
        "answers": {"text": [], "answer_start": []}}]
      """;

  private static final List<String> VALUES =
      List.of(
          "null",
          "true",
          "0",
          "-1",
          "4.5",
          "999999999",
          "2147483647",
          "99999999999999999999",
          "1e400",
          "\"\"",
          "\" \"",
          "\"two\"",
          "\"\\ud83c\\udfac\"",
          "\"\\ud800\"",
          "\"a\\u0000b\"",
          "[]",
          "{}",
          "[[]]",
          "[null]",
          "[{}]",
          "{\"text\": null}",
          "{\"text\": [\"two\"], \"answer_start\": 4}",
          "{\"context\": {}}",
          "{\"qas\": [3]}",
          "{\"paragraphs\": [[]]}");

  @AfterAll
  static void close() {
    ENCODER.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {NESTED, FLAT})
  @DisplayName("whatever is changed in a file, it is read, or refused with its name")
  void anyShape(String valid) throws JsonProcessingException {
    long seed = 20_261_128;
    Random random = new Random(seed);
    int read = 0;
    for (int i = 0; i < FILES; i++) {
      JsonNode root = JSON.readTree(valid);
      for (int change = random.nextInt(3); change >= 0; change--) {
        change(root, random);
      }
      String text = i % 3 == 0 && root.isArray() ? lines(root) : root.toString();
      if (i % 7 == 0) {
        text = text.substring(0, random.nextInt(text.length()));
      }
      try {
        TextFile file = TextFile.generated("f", text);
        SquadSet set =
            SquadSet.of(
                i % 2 == 0 ? "train" : "evaluation",
                file,
                i % 4 < 2,
                Part.ALL,
                16,
                new Questions(4, 4, 20, 30, 0),
                ENCODER);
        int examples = set.set().size();
        set.decoder().decode(new float[examples][16], new float[examples][16]);
        read++;
      } catch (ProblemException e) {
        assertThat(e.problems().get(0).kind()).as(text).isEqualTo(ProblemKind.INPUT);
        assertThat(e).as(text).hasMessageStartingWith("f");
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + seed + ", file " + i + ": " + text, e);
      }
    }
    // neither all nor none, or the test would not reach what it is for
    assertThat(read).isBetween(FILES / 20, FILES * 19 / 20);
  }

  /** Replaces, removes or repeats one value anywhere in the tree. */
  private static void change(JsonNode root, Random random) throws JsonProcessingException {
    List<JsonNode> containers = new ArrayList<>();
    collect(root, containers);
    JsonNode container = containers.get(random.nextInt(containers.size()));
    JsonNode value = JSON.readTree(VALUES.get(random.nextInt(VALUES.size())));
    int kind = random.nextInt(4);
    if (container instanceof ObjectNode object) {
      List<String> names = new ArrayList<>();
      object.fieldNames().forEachRemaining(names::add);
      if (names.isEmpty()) {
        return;
      }
      String name = names.get(random.nextInt(names.size()));
      switch (kind) {
        case 0 -> object.remove(name);
        case 1 -> object.set(name, object.arrayNode().add(object.get(name)));
        default -> object.set(name, value);
      }
    } else if (container instanceof ArrayNode array && !array.isEmpty()) {
      int index = random.nextInt(array.size());
      switch (kind) {
        case 0 -> array.remove(index);
        case 1 -> array.add(array.get(index).deepCopy());
        default -> array.set(index, value);
      }
    }
  }

  private static void collect(JsonNode node, List<JsonNode> containers) {
    if (node.isContainerNode()) {
      containers.add(node);
      node.forEach(child -> collect(child, containers));
    }
  }

  private static String lines(JsonNode root) {
    return StreamSupport.stream(root.spliterator(), false)
        .map(JsonNode::toString)
        .collect(Collectors.joining("\n"));
  }
}
