package dev.espalier.tuner.handover;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.espalier.api.run.RunListener;
import dev.espalier.tuner.directory.Interruption;
import dev.espalier.tuner.run.Fakes;
import dev.espalier.tuner.run.Invocation;
import dev.espalier.tuner.run.Run;
import dev.espalier.tuner.run.RunResult;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The card is well formed whatever names say, and neither it nor its neighbours tell of a path. */
final class ModelCardTest {
  @TempDir Path folder;
  private final Fakes fakes = new Fakes();

  static Stream<String> names() {
    return Stream.of(
        "a|b",
        "<script>alert(1)</script>",
        "\"quoted\" and 'so'",
        "two\nlines",
        "---",
        "*bold* _so_ `too` ~~gone~~ $x$",
        "[text](https://hub.example)",
        "![](x)",
        "&lt; \\| \\",
        "x: {y: [z",
        "a\u0085b\u2028c\u0007d",
        "```");
  }

  @ParameterizedTest
  @MethodSource("names")
  void names_mean_nothing_but_themselves(String name) throws IOException {
    fakes.classes = List.of("plain", name);
    fakes.metrics.add(new Fakes.NamedMetric(name, true));
    Path models = Files.createDirectories(folder.resolve("models"));
    Path model = Files.createDirectories(models.resolve(name.replace("/", "")));

    String card = card("evaluation.accuracy.metric=" + name, "model.checkpoint=" + model);

    String[] parts = card.split("(?m)^---$", 3);
    JsonNode front = new YAMLMapper().readTree(parts[1]);
    assertThat(front.fieldNames()).toIterable().doesNotContain("base_model");
    assertThat(front.path("metrics").get(0).asText()).isEqualTo(name);
    assertThat(front.path("tags").get(0).asText()).isEqualTo("espalier");
    String body = parts[2].substring(0, parts[2].indexOf("\n## Made by"));
    List<String> rows = body.lines().filter(line -> line.startsWith("|")).toList();
    assertThat(rows).hasSize(5).allSatisfy(row -> assertThat(cells(row)).hasSize(5));
    assertThat(body.lines().filter(line -> line.contains("Classes, in order"))).hasSize(1);
    assertThat(body)
        .doesNotContain("<script")
        .doesNotContainPattern("(?<!\\\\)[`*~$]")
        .doesNotContainPattern("(?<!\\\\)\\]\\(");
    assertThat(unescaped(body))
        .contains(
            "Classes, in order: plain, " + name.replaceAll("[\\p{Cntrl}\\u2028]+", " ") + ".");
    assertThat(blocks(card)).hasSize(2);
  }

  @Test
  void nothing_that_is_handed_on_tells_of_this_machine() throws IOException {
    Path model = Files.createDirectories(folder.resolve("secret place/dense"));
    fakes.companions.put(
        "config.json", json("{'_name_or_path': '%s/dense', 'auto': {'x_file': '%s/x'}}"));
    fakes.companions.put(
        "tokenizer_config.json",
        json("{'name_or_path': '%s/dense', 'tokenizer_file': '%s/t.json', 'unk_token': '/un/k'}"));
    fakes.companions.put("vocab.txt", "[PAD]\n".getBytes(StandardCharsets.UTF_8));

    RunResult result =
        run("model.checkpoint=" + model, "tuning={workspace: {path: \"" + folder + "/other\"}}");

    Path best = result.directory().resolve("best");
    try (Stream<Path> files = Files.list(best)) {
      for (Path file : files.toList()) {
        assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
            .as(file.getFileName().toString())
            .doesNotContain(folder.toString())
            .doesNotContain("secret place");
      }
    }
    ObjectMapper json = new ObjectMapper();
    JsonNode config = json.readTree(best.resolve("config.json").toFile());
    assertThat(config.path("_name_or_path").asText()).isEqualTo("dense");
    assertThat(config.at("/auto/x_file").asText()).isEqualTo("x");
    JsonNode tokenizer = json.readTree(best.resolve("tokenizer_config.json").toFile());
    assertThat(tokenizer.path("tokenizer_file").asText()).isEqualTo("t.json");
    assertThat(tokenizer.path("unk_token").asText()).isEqualTo("/un/k");
    assertThat(Files.readString(best.resolve("README.md")))
        .contains("made by Espalier from dense for the task")
        .contains("./espalier run tiny.yaml --set model.checkpoint=dense")
        .contains("path: \"other\"")
        .doesNotContain("base_model");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "hf:org/tiny@0123 | org/tiny",
        "hf:bert-base-uncased | bert-base-uncased",
        "all-minilm-l6-v2 | all-minilm-l6-v2",
      })
  void the_hub_knows_the_base_model_by_its_own_name(String reference, String known) {
    assertThat(LocalPaths.ofTheHub(reference)).contains(known);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "a=/home/me/x y.csv | a=x y.csv",
        "a=x/y.csv | a=x/y.csv",
        "a={b: /home/me/x, c: 1} | a={b: x, c: 1}",
        "a=[\"/home/me/x y\", '/z/w', /v] | a=[\"x y\", 'w', v]",
        "a=hf:org/name | a=hf:org/name",
        "a=/ | a=/",
        "a=x # https://hub.example/x | a=x # https://hub.example/x",
      })
  void an_assignment_keeps_the_last_name_of_a_path(String assignment, String shown) {
    assertThat(LocalPaths.assignment(assignment)).isEqualTo(shown);
  }

  private byte[] json(String single) {
    return single
        .replace("'", "\"")
        .replace("%s", folder.resolve("secret place").toString())
        .getBytes(StandardCharsets.UTF_8);
  }

  private String card(String... assignments) throws IOException {
    return Files.readString(run(assignments).directory().resolve("best/README.md"));
  }

  private RunResult run(String... assignments) {
    RunResult result =
        Run.execute(
            Fakes.configuration(folder, assignments),
            fakes.services(),
            Invocation.BY_PROGRAM,
            RunListener.SILENT,
            new Interruption());
    assertThat(result.problems()).isEmpty();
    return result;
  }

  private static List<String> cells(String row) {
    return List.of(row.substring(1).split("(?<!\\\\)\\|", 0));
  }

  private static String unescaped(String markdown) {
    return markdown
        .replaceAll("\\\\([\\\\`*\\[\\]|~$_])", "$1")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
  }

  /** The fenced blocks as CommonMark sees them: a fence ends at one that is at least as long. */
  private static List<String> blocks(String card) {
    List<String> blocks = new java.util.ArrayList<>();
    String fence = "";
    for (String line : card.lines().toList()) {
      if (fence.isEmpty() && line.startsWith("```")) {
        fence = line.replaceAll("[^`].*", "");
        blocks.add(line);
      } else if (!fence.isEmpty() && line.matches("`+") && line.length() >= fence.length()) {
        fence = "";
      }
    }
    assertThat(fence).as("a block that does not end").isEmpty();
    return blocks;
  }
}
