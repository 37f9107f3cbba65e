package dev.espalier.tuner.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.run.RunEvent;
import dev.espalier.core.model.Architecture;
import dev.espalier.core.model.BertArchitecture;
import dev.espalier.core.model.PretrainedModel;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.model.TorchScript;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.tuner.directory.Interruption;
import dev.espalier.tuner.prepare.RunServices;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whether a model goes with its data is found before anything is trained. */
final class ModelInputsTest {
  private static final String OUT = "classifier";

  @TempDir Path folder;
  private final Fakes fakes = new Fakes();
  private final List<RunEvent> events = new ArrayList<>();
  private String tokenizer = "{\"model\": {\"vocab\": {\"a\": 0, \"b\": 1, \"c\": 2}}}";
  private List<String> labels = List.of("negative", "positive");
  private Architecture architecture = Fakes.TINY;

  // ------------------------------------------------------------------ classes

  @Test
  void rows_of_a_checkpoint_are_put_in_the_order_of_the_data() {
    labels = List.of("positive", "negative");

    run();

    TransformerWeights start = fakes.trainings.get(0).model().weights();
    assertThat(start.get(OUT + ".weight").values()).containsExactly(2, 2, 2, 2, 1, 1, 1, 1);
    assertThat(start.get(OUT + ".bias").values()).containsExactly(20, 10);
    assertThat(notes())
        .contains(
            "The classes of all-minilm-l6-v2 are [positive, negative], those of the data [negative,"
                + " positive]: they are matched by name.");
  }

  @Test
  void a_classifier_of_unknown_classes_is_taken_as_it_is_and_that_is_said() {
    labels = List.of();

    run();

    assertThat(fakes.trainings.get(0).model().weights().get(OUT + ".bias").values())
        .containsExactly(10, 20);
    assertThat(notes())
        .contains(
            "The class names of all-minilm-l6-v2 are unknown: its rows are taken in the order"
                + " [negative, positive].");
  }

  @Test
  void a_classifier_of_other_classes_is_not_used_and_that_is_said() {
    labels = List.of("ham", "spam");

    run();

    assertThat(fakes.trainings.get(0).model().weights().tensors())
        .doesNotContainKeys(OUT + ".weight", OUT + ".bias")
        .containsKey("bert.pooler.dense.weight");
    assertThat(notes())
        .contains(
            "all-minilm-l6-v2's classes are [ham, spam], the task's [negative, positive]: the last"
                + " layer of its classifier is not used. If only the names differ, correct id2label"
                + " in its config.json, or data.labels.",
            "The model has no classifier for this task: drawn at random, by the seed.");
  }

  @ParameterizedTest
  @CsvSource({"positive negative", "ham spam"})
  void the_rows_of_a_program_cannot_be_changed(String named) {
    labels = List.of(named.split(" ", -1));
    architecture = new TorchScript(folder.resolve("model.pt"), List.of());

    RunResult result = run("quantization=null");

    assertThat(problem(result))
        .startsWith("model.checkpoint: all-minilm-l6-v2's classes are [")
        .endsWith("the task's [negative, positive]");
    assertThat(result.exitCode()).isEqualTo(2);
  }

  // ------------------------------------------------------------------ tokens and positions

  @Test
  void a_token_without_a_row_ends_the_run_before_it_begins() {
    tokenizer = "{\"model\": {\"vocab\": {\"a\": 0, \"b\": 1, \"zebra\": 11}}}";

    RunResult result = run();

    assertThat(problem(result))
        .isEqualTo(
            "model.checkpoint: the token \"zebra\" has the id 11, but the word embeddings have 11"
                + " rows; the tokenizer has 3 tokens");
    assertThat(result.exitCode()).isEqualTo(2);
  }

  @Test
  void an_added_token_without_a_row_that_no_text_has_is_said() {
    tokenizer =
        tokenizer.replaceFirst("^\\{", "{\"added_tokens\": [{\"id\": 12, \"content\": \"[e]\"}], ");

    RunResult result = run();

    assertThat(result.problems()).isEmpty();
    assertThat(notes())
        .anyMatch(note -> note.contains("have no row for 1 token") && note.contains("[e]"));
  }

  @Test
  void a_length_beyond_the_positions_ends_the_run_before_it_begins() {
    architecture = positions(1);

    RunResult result = run("data.max_sequence_length=8");

    assertThat(problem(result))
        .isEqualTo("data.max_sequence_length: must be at most 1, the model's positions, found 8");
    assertThat(result.exitCode()).isEqualTo(2);
  }

  @Test
  void the_default_length_of_timed_requests_is_lowered_and_a_run_goes_on_with_it()
      throws IOException {
    architecture = positions(64);

    RunResult result = run("data.max_sequence_length=64");

    assertThat(result.problems()).isEmpty();
    assertThat(notes())
        .contains(
            "Latency is measured at 64 tokens, the model's positions; the default of"
                + " evaluation.performance.sequence_length is 128.");
    String json = Files.readString(result.directory().resolve("result.json"));
    assertThat(new ObjectMapper().readTree(json).findValue("sequence_length").asInt())
        .isEqualTo(64);
    Path journal = result.directory().resolve("trials.jsonl");
    List<String> lines = Files.readAllLines(journal);
    Files.write(journal, lines.subList(0, lines.size() - 1));
    RunResult resumed =
        Run.resume(
            result.directory(), services(), Invocation.BY_PROGRAM, events::add, new Interruption());
    assertThat(resumed.problems()).isEmpty();
  }

  @Test
  void a_length_of_timed_requests_that_was_asked_for_is_not_lowered() {
    architecture = positions(64);

    RunResult result =
        run("data.max_sequence_length=64", "evaluation.performance.sequence_length=65");

    assertThat(problem(result))
        .isEqualTo(
            "evaluation.performance.sequence_length: must be at most 64, the model's positions,"
                + " found 65");
    assertThat(result.exitCode()).isEqualTo(2);
  }

  // ------------------------------------------------------------------ helpers

  private static BertArchitecture positions(int number) {
    return new BertArchitecture(11, 4, 2, 2, 8, number, 2, 1e-12, 0.1, 0.1);
  }

  private String problem(RunResult result) {
    assertThat(fakes.trainings).isEmpty();
    return assertThat(result.problems()).singleElement().extracting(Problem::message).actual();
  }

  private List<String> notes() {
    return events.stream()
        .filter(RunEvent.Note.class::isInstance)
        .map(note -> ((RunEvent.Note) note).text())
        .toList();
  }

  private RunResult run(String... assignments) {
    return Run.execute(
        Fakes.configuration(folder, assignments),
        services(),
        Invocation.BY_PROGRAM,
        events::add,
        new Interruption());
  }

  private RunServices services() {
    RunServices all = fakes.services();
    return new RunServices(
        this::model,
        all.tasks(),
        all.finePruner(),
        all.checkpoints(),
        all.onnx(),
        all.scripts(),
        all.archives(),
        all.pruners(),
        all.strategies(),
        all.metrics(),
        all.libraryVersions());
  }

  /** A model whose classifier has rows of 1 and of 2, with biases of 10 and 20. */
  private PretrainedModel model(String reference) {
    SortedMap<String, Tensor> tensors = new TreeMap<>(Fakes.weights().tensors());
    tensors.put("bert.pooler.dense.weight", Tensor.matrix(4, 4, new float[16]));
    tensors.put("bert.pooler.dense.bias", Tensor.vector(new float[4]));
    tensors.put(OUT + ".weight", Tensor.matrix(2, 4, new float[] {1, 1, 1, 1, 2, 2, 2, 2}));
    tensors.put(OUT + ".bias", Tensor.vector(10, 20));
    return new PretrainedModel(
        reference,
        new TransformerWeights(architecture, tensors),
        tokenizer.getBytes(StandardCharsets.UTF_8),
        "feed",
        labels);
  }
}
