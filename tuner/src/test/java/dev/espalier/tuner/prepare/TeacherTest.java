package dev.espalier.tuner.prepare;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.run.RunEvent;
import dev.espalier.api.run.RunListener;
import dev.espalier.core.model.BertArchitecture;
import dev.espalier.core.model.PretrainedModel;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.core.training.Distillation;
import dev.espalier.core.training.FinePruner;
import dev.espalier.tuner.directory.Interruption;
import dev.espalier.tuner.run.Fakes;
import dev.espalier.tuner.run.Invocation;
import dev.espalier.tuner.run.Run;
import dev.espalier.tuner.run.RunResult;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who teaches, and who cannot. */
final class TeacherTest {
  private static final String VOCABULARY = "{\"model\": {\"vocab\": {\"a\": 0}}}";

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;
  private final Fakes fakes = new Fakes();

  @Test
  void without_the_section_nobody_does() throws IOException {
    RunResult result = run(model(List.of(), 4, 2, VOCABULARY));

    assertThat(fakes.trainings).extracting(FinePruner.Request::distillation).containsOnlyNulls();
    assertThat(resultJson(result).at("/best/distillation").isNull()).isTrue();
  }

  @Test
  void the_baseline_teaches_every_trial_and_not_itself() throws IOException {
    RunResult result =
        run(
            model(List.of(), 4, 2, VOCABULARY),
            "distillation.teacher=baseline",
            "distillation.temperature=3",
            "distillation.hidden_states=0.5");

    assertThat(fakes.trainings).hasSize(2);
    assertThat(fakes.trainings.get(0).distillation()).isNull();
    Distillation taught = fakes.trainings.get(1).distillation();
    assertThat(taught).isNotNull();
    assertThat(taught.identity()).isEqualTo("baseline");
    assertThat(List.of(taught.temperature(), taught.alphaDistil(), taught.alphaCe()))
        .containsExactly(3.0, 0.9, 0.1);
    assertThat(taught.hiddenStates()).isEqualTo(0.5);
    JsonNode told = resultJson(result).at("/best/distillation");
    assertThat(told.path("teacher").asText()).isEqualTo("baseline");
    assertThat(told.path("temperature").asDouble()).isEqualTo(3);
    assertThat(Files.readString(result.directory().resolve("best/README.md")))
        .contains("Its teacher was the dense baseline of the same run.");
  }

  @Test
  void a_trial_may_vary_how_much_the_teacher_counts() {
    run(
        model(List.of(), 4, 2, VOCABULARY),
        "distillation.teacher=baseline",
        "tuning.strategy.name=exhaustive",
        "tuning.search_space=[{key: distillation.alpha_distil, options: [0.25, 0.75]}]");

    assertThat(fakes.trainings.subList(1, 3))
        .extracting(request -> request.distillation().alphaDistil())
        .containsExactly(0.25, 0.75);
  }

  @Test
  void a_checkpoint_teaches_with_its_classes_in_the_order_of_the_task() throws IOException {
    RunResult result =
        run(
            model(List.of("positive", "negative"), 4, 2, VOCABULARY),
            "distillation.teacher=teacher");

    Distillation taught = fakes.trainings.get(1).distillation();
    // Rows 1, 1, 1, 1 and 2, 2, 2, 2 change places.
    assertThat(taught.weights().get("classifier.weight").values())
        .containsExactly(2, 2, 2, 2, 1, 1, 1, 1);
    assertThat(taught.weights().get("classifier.bias").values()).containsExactly(20, 10);
    assertThat(taught.identity()).isEqualTo("taught");
    JsonNode environment = JSON.readTree(result.directory().resolve("environment.json").toFile());
    assertThat(environment.at("/teacher/sha256").asText()).isEqualTo("taught");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "positive,negative | 4 | 3 | teacher answers with 3 values, the task with 2",
        "good,bad | 4 | 2 | teacher's classes are [good, bad], the task's [negative, positive]",
        "- | 4 | 2 | teacher does not name its classes, so their order is not known",
        "positive,negative | 8 | 2 | teacher's hidden states have 8 values, the student's 4",
        "positive,negative | 4 | 0 | teacher has no classifier, so it cannot teach",
      })
  void who_answers_something_else_is_refused(
      String labels, int hidden, int outputs, String message) {
    List<String> names = labels.equals("-") ? List.of() : List.of(labels.split(",", -1));

    RunResult result =
        run(
            model(names, hidden, outputs, VOCABULARY),
            "distillation.teacher=teacher",
            "distillation.hidden_states=1");

    Problem problem = Assertions.assertThat(result.problems()).singleElement().actual();
    assertThat(problem.message()).isEqualTo("distillation.teacher: " + message);
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(fakes.trainings).isEmpty();
  }

  @Test
  void who_reads_other_tokens_is_refused() {
    RunResult result =
        run(
            model(List.of("negative", "positive"), 4, 2, VOCABULARY.replace("0", "1")),
            "distillation.teacher=teacher");

    assertThat(result.problems())
        .singleElement()
        .extracting(Problem::message)
        .isEqualTo("distillation.teacher: teacher has another vocabulary than all-minilm-l6-v2");
  }

  @Test
  void a_checkpoint_is_said_to_be_matched_by_name() {
    List<RunEvent> events = new ArrayList<>();

    Run.execute(
        Fakes.configuration(folder, "distillation.teacher=teacher"),
        services(model(List.of("POSITIVE", "NEGATIVE"), 4, 2, VOCABULARY)),
        Invocation.BY_PROGRAM,
        events::add,
        new Interruption());

    assertThat(events)
        .contains(
            new RunEvent.Note(
                "The classes of teacher are [POSITIVE, NEGATIVE], those of the data [negative,"
                    + " positive]: they are matched by name."));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "2 | 128 | the token \"?\" of the data has the id 2, but the word embeddings have 2 rows; the"
            + " tokenizer has 1 tokens",
        "11 | 1 | teacher has positions for 1 tokens, and the longest text of the data has 2",
      })
  void who_cannot_take_the_examples_in_is_refused_before_anything_is_trained(
      int rows, int positions, String message) {
    PretrainedModel teacher = model(List.of("negative", "positive"), 4, 2, VOCABULARY);
    BertArchitecture small = new BertArchitecture(rows, 4, 2, 2, 8, positions, 2, 1e-12, 0.1, 0.1);

    RunResult result =
        run(
            teacher.with(new TransformerWeights(small, teacher.weights().tensors())),
            "distillation.teacher=teacher");

    assertThat(result.problems())
        .singleElement()
        .extracting(Problem::message)
        .isEqualTo("distillation.teacher: " + message);
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(fakes.trainings).isEmpty();
  }

  @Test
  void a_teacher_that_counts_for_nothing_is_a_contradiction() {
    Assertions.assertThatThrownBy(() -> Fakes.configuration(folder, "distillation.alpha_distil=0"))
        .hasMessageContaining(
            "distillation.alpha_distil: is 0 and hidden_states is 0, so nothing is learnt from the"
                + " teacher");
  }

  @Test
  void a_run_with_another_teacher_does_not_go_on() throws IOException {
    String[] settings = {"distillation.teacher=teacher"};
    RunResult whole = run(model(List.of("negative", "positive"), 4, 2, VOCABULARY), settings);
    Path environment = whole.directory().resolve("environment.json");
    Files.writeString(environment, Files.readString(environment).replace("\"taught\"", "\"beef\""));
    // Not finished yet, and without hashes, which would be compared first.
    Path journal = whole.directory().resolve("trials.jsonl");
    String lines = Files.readString(journal).replaceAll("\"sha256\":\\{[^}]*},", "");
    Files.writeString(journal, lines.substring(0, lines.stripTrailing().lastIndexOf('\n') + 1));

    RunResult resumed =
        Run.resume(
            whole.directory(),
            services(model(List.of("negative", "positive"), 4, 2, VOCABULARY)),
            Invocation.BY_PROGRAM,
            RunListener.SILENT,
            new Interruption());

    assertThat(resumed.problems())
        .singleElement()
        .extracting(Problem::message)
        .asString()
        .contains("teacher.sha256 was beef and is taught");
  }

  private static JsonNode resultJson(RunResult result) throws IOException {
    return JSON.readTree(result.directory().resolve("result.json").toFile());
  }

  private RunResult run(PretrainedModel teacher, String... assignments) {
    return Run.execute(
        Fakes.configuration(folder, assignments),
        services(teacher),
        Invocation.BY_PROGRAM,
        RunListener.SILENT,
        new Interruption());
  }

  private RunServices services(PretrainedModel teacher) {
    RunServices all = fakes.services();
    return new RunServices(
        reference ->
            reference.equals("teacher")
                ? teacher
                : new PretrainedModel(
                    reference,
                    Fakes.weights(),
                    VOCABULARY.getBytes(StandardCharsets.UTF_8),
                    "feed"),
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

  /** A teacher whose head has rows of 1, of 2 and so on, with biases of 10, 20 and so on. */
  private static PretrainedModel model(
      List<String> labels, int hidden, int outputs, String tokenizer) {
    TreeMap<String, Tensor> tensors = new TreeMap<>(Fakes.weights().tensors());
    tensors.remove("classifier.weight");
    tensors.put(
        "bert.pooler.dense.weight", Tensor.matrix(hidden, hidden, new float[hidden * hidden]));
    tensors.put("bert.pooler.dense.bias", Tensor.vector(new float[hidden]));
    if (outputs > 0) {
      float[] rows = new float[outputs * hidden];
      float[] bias = new float[outputs];
      for (int i = 0; i < rows.length; i++) {
        rows[i] = 1 + i / hidden;
        bias[i / hidden] = 10 * rows[i];
      }
      tensors.put("classifier.weight", Tensor.matrix(outputs, hidden, rows));
      tensors.put("classifier.bias", Tensor.vector(bias));
    }
    return new PretrainedModel(
        "teacher",
        new TransformerWeights(
            new BertArchitecture(11, hidden, 2, 2, 8, 128, 2, 1e-12, 0.1, 0.1), tensors),
        tokenizer.getBytes(StandardCharsets.UTF_8),
        "taught",
        labels);
  }
}
