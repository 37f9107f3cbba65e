package dev.espalier.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** References in values: what they stand for, and what is said when they lead nowhere. */
final class InterpolationTest {
  private static final Map<String, String> ENVIRONMENT =
      Map.of("HOME", "/home/me", "STEPS", "7", "LITERAL", "${sys:user.home}", "RATE", "1e-4");
  private static final String BASE =
      """
      model:
        name: NAME
        checkpoint: all-minilm-l6-v2
      data: {task: sentiment-twin}
      pruning:
        train: {epochs: 2}
        approach:
          weight_compression:
            target_sparsity: 0.85
            pruners:
              - prune_type: movement
                names: [a]
                parameters: {alpha: 0.5}
      tuning:
        workspace:
          path: PATH
      """;

  @ParameterizedTest
  @CsvSource({
    "tuning.workspace.path, '${env:HOME}/runs', /home/me/runs",
    "tuning.workspace.path, '/x${env:HOME}/${env:STEPS}', /x/home/me/7",
    "tuning.workspace.path, '/${model.name}/${pruning.train.epochs}', /tiny/2",
    "tuning.workspace.path, '/${pruning.train.batch_size}', /32", // a default
    "tuning.workspace.path, '/$${env:HOME}', '/${env:HOME}'",
    "tuning.workspace.path, '/$5 $$ {x}', '/$5 $$ {x}'",
    "tuning.workspace.path, '/${env:LITERAL}', '/${sys:user.home}'", // what a variable holds is
    // text
    "tuning.workspace.path, '/${pruning.approach.weight_compression.pruners[0].prune_type}',"
        + " /movement",
    "pruning.train.max_steps, '${env:STEPS}', 7",
    "pruning.train.learning_rate, '${env:RATE}', 1.0E-4",
    "pruning.train.warmup, '${env:STEPS}%', 7%",
    "pruning.train.batch_size, '${pruning.train.max_steps}', 3",
  })
  void a_reference_stands_for_a_value(String path, String written, String expected) {
    ResolvedConfiguration loaded =
        load(List.of(yaml()), List.of("pruning.train.max_steps=3", path + "=" + written));

    assertThat(loaded.value(path).orElseThrow().value().asText()).isEqualTo(expected);
  }

  @Test
  void a_system_property_is_looked_up() {
    assertThat(
            load(List.of(BASE.replace("PATH", "${sys:java.io.tmpdir}")), List.of())
                .configuration()
                .tuning()
                .workspace()
                .path())
        .isEqualTo(Path.of(System.getProperty("java.io.tmpdir")));
  }

  @Test
  void a_reference_sees_what_the_later_source_says() {
    ResolvedConfiguration loaded =
        load(
            List.of(yaml().replace("/runs", "/${model.name}"), "model: {name: second}"),
            List.of("model.name=third"));

    assertThat(loaded.configuration().tuning().workspace().path()).isEqualTo(Path.of("/third"));
  }

  @Test
  void references_are_replaced_in_lists_and_in_the_pruners_parameters() {
    ResolvedConfiguration loaded =
        load(
            List.of(
                yaml()
                    .replace("[a]", "[\"${model.name}.*\", \"*.${env:STEPS}\"]")
                    .replace("{alpha: 0.5}", "{alpha: \"${env:STEPS}\"}")),
            List.of());

    Configuration.PrunerChoice choice =
        loaded.configuration().pruning().approach().weightCompression().pruners().get(0);
    assertThat(choice.names()).containsExactly("tiny.*", "*.7");
    assertThat(choice.parameters()).containsEntry("alpha", 7.0);
  }

  @Test
  void variables_are_taken_as_they_are_and_the_resolved_file_loads_again() {
    ResolvedConfiguration loaded =
        new ConfigurationLoader()
            .load(
                List.of(text("x.yaml", yaml())),
                List.of("pruning.approach.weight_compression.pruners[0].names=$${a}"),
                Map.of("ESPALIER_TUNING_WORKSPACE_PATH", "/${model.name}"),
                draft -> List.of(),
                new ArrayList<>());

    assertThat(loaded.configuration().tuning().workspace().path())
        .isEqualTo(Path.of("/${model.name}"));
    assertThat(loaded.toYaml()).contains("/$${model.name}");
    assertThat(load(List.of(loaded.toYaml()), List.of()).configuration())
        .isEqualTo(loaded.configuration());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "${script:javascript:1+1}|there is no lookup for \"${script:javascript:1+1}\"; there is"
            + " env, sys and key",
        "${dns:example.org}|there is no lookup for",
        "${url:UTF-8:http://x}|there is no lookup for",
        "${file:UTF-8:/etc/passwd}|there is no lookup for",
        "${base64Decoder:aGk=}|there is no lookup for",
        "${java:version}|there is no lookup for",
        "${env:HOMME}|there is no environment variable \"HOMME\"\\n  Maybe \"HOME\" is meant.",
        "${sys:user.hme}|there is no system property \"user.hme\"\\n  Maybe \"user.home\" is meant.",
        "${model.nme}|there is no key \"model.nme\" to refer to",
        "${pruning.train.epoch}|there is no key \"pruning.train.epoch\" to refer to\\n  Maybe"
            + " \"pruning.train.epochs\" is meant.",
        "${model}|\"model\" is not a single value",
        "${pruning.train.max_steps}|the key \"pruning.train.max_steps\" has no value to refer to",
        "x${env:HOME|a ${ is not closed, found \"x${env:HOME\"",
        "${tuning.workspace.path}|the references run in a circle: tuning.workspace.path ->"
            + " tuning.workspace.path",
      })
  void a_reference_that_leads_nowhere_is_an_error_with_its_place(String written, String expected) {
    assertThat(problems(yaml().replace("/runs", written), List.of()))
        .singleElement()
        .satisfies(p -> assertThat(p.code()).isEqualTo(ProblemCode.INTERPOLATION))
        .satisfies(
            problem ->
                assertThat(problem.toString())
                    .startsWith(
                        "0.yaml:16:11: tuning.workspace.path: " + expected.replace("\\n", "\n")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"${}", "${env:}", "${sys:}", "${ : }", "${${env:HOME}}"})
  void a_reference_without_a_name_leads_nowhere(String written) {
    assertThat(problems(yaml().replace("/runs", "'" + written + "'"), List.of()))
        .singleElement()
        .satisfies(p -> assertThat(p.code()).isEqualTo(ProblemCode.INTERPOLATION));
  }

  @Test
  void a_lookup_that_does_not_exist_names_those_that_do() {
    assertThat(problems(yaml().replace("/runs", "${script:javascript:1}"), List.of()).get(0))
        .extracting(Problem::advice)
        .asString()
        .contains("${env:NAME}", "${sys:name}", "${some.other.key}", "$${");
  }

  @Test
  void a_circle_is_one_problem_and_so_is_a_name_that_two_values_need() {
    String circle =
        BASE.replace("NAME", "${model.checkpoint}")
            .replace("all-minilm-l6-v2", "${model.name}")
            .replace("PATH", "/${model.name}");

    assertThat(problems(circle, List.of()))
        .extracting(Problem::toString)
        .singleElement()
        .asString()
        .startsWith(
            "0.yaml:2:9: model.name: the references run in a circle: model.name ->"
                + " model.checkpoint -> model.name");
    assertThat(
            problems(BASE.replace("NAME", "${env:NO}").replace("PATH", "${model.name}"), List.of()))
        .extracting(Problem::message)
        .containsExactly("model.name: there is no environment variable \"NO\"");
  }

  @Test
  void references_to_references_do_not_grow_without_bound() {
    StringBuilder all = new StringBuilder();
    for (int i = 1; i < 19; i++) {
      String path = "${pruning.approach.weight_compression.pruners[0].parameters.p" + (i - 1) + "}";
      all.append(", p" + i + ": \"" + path.repeat(10) + "\"");
    }
    String bomb = yaml().replace("{alpha: 0.5}", "{p0: haha" + all + "}");

    assertThat(problems(bomb, List.of()))
        .singleElement()
        .satisfies(
            problem ->
                assertThat(problem.message())
                    .contains("all references together stand for more than 1000000 characters"));
  }

  private static String yaml() {
    return BASE.replace("NAME", "tiny").replace("PATH", "/runs");
  }

  private static ConfigurationLoader.Text text(String name, String yaml) {
    return new ConfigurationLoader.Text(
        Path.of(name), ByteBuffer.wrap(yaml.getBytes(StandardCharsets.UTF_8)));
  }

  private static List<Problem> problems(String yaml, List<String> assignments) {
    return catchThrowableOfType(
            ProblemException.class,
            () -> load(List.of(yaml.replace("NAME", "tiny").replace("PATH", "/runs")), assignments))
        .problems();
  }

  private static ResolvedConfiguration load(List<String> yaml, List<String> assignments) {
    List<ConfigurationLoader.Text> texts = new ArrayList<>();
    for (String content : yaml) {
      texts.add(text(texts.size() + ".yaml", content));
    }
    return new ConfigurationLoader()
        .load(texts, assignments, ENVIRONMENT, draft -> List.of(), new ArrayList<>());
  }
}
