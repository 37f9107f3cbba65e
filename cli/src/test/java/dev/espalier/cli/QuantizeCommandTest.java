package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.espalier.api.data.Head;
import dev.espalier.core.model.PretrainedModel;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.onnxruntime.OrtTools;
import dev.espalier.onnxruntime.bert.ClasspathModels;
import dev.espalier.tuner.run.SmokeRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantizeCommandTest {
  private static final String ITS_HEAD_IS_NOT_TRAINED = "tuning.baseline.allow_trivial=true";

  @TempDir static Path models;
  @TempDir Path folder;

  /** The first two layers of MiniLM with a head, and its tokenizer. */
  @BeforeAll
  static void export() throws IOException {
    PretrainedModel model =
        SmokeRun.services(Services.create(Plugins.in(null), new DownloadsOption().hub()))
            .models()
            .load(new ClasspathModels().references().get(0));
    TreeMap<String, Tensor> tensors = new TreeMap<>(model.weights().tensors());
    int hidden = model.weights().bert().hiddenSize();
    tensors.put("classifier.weight", Tensor.matrix(2, hidden, new float[2 * hidden]));
    tensors.put("classifier.bias", Tensor.vector(new float[2]));
    new OrtTools()
        .export(
            new TransformerWeights(model.weights().architecture(), tensors),
            new Head.Classification(List.of("negative", "positive")),
            models.resolve("model.onnx"));
    Files.write(models.resolve("tokenizer.json"), model.tokenizerJson());
  }

  @ParameterizedTest
  @CsvSource({"model.onnx, the model itself", "other.onnx, something already"})
  @DisplayName("a file that is there is not overwritten, the model itself least of all")
  void overwritesNothing(String name, String said) throws IOException {
    Path model = Files.copy(models.resolve("model.onnx"), folder.resolve("model.onnx"));
    Path output = folder.resolve(name);
    if (!Files.exists(output)) {
      Files.writeString(output, "precious");
    }
    byte[] before = Files.readAllBytes(output);

    Executed executed = Executed.of("quantize", model.toString(), "-o", output.toString());

    assertThat(executed.exitCode()).isEqualTo(2);
    assertThat(executed.err()).contains(output.toString()).contains(said);
    assertThat(output).hasBinaryContent(before);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | format: dynamic int8",
        "{approach: post_training_static_quant} | format: static int8, QDQ",
        "{approach: post_training_static_quant, format: qoperator} | static int8, QOperator",
        "{model_wise: {weight: {granularity: per_tensor}}} | weights symmetric per tensor",
        "{op_types: [Gather]} | quantized Gather: 2",
        "{recipes: {smooth_quant: true, fast_bias_correction: true}} | fast_bias_correction: ",
        "{approach: weight_only} | weights of 4 bits in blocks of 32, rounded",
        "{approach: weight_only, weight_only: {bits: 8, algorithm: GPTQ},"
            + " op_wise: [{names: [bert.pooler.dense.weight], weight: {dtype: fp32}}]}"
            + " | named bert.pooler.dense.weight: 1 node",
      })
  @DisplayName("a model is quantized as the section says")
  void quantizes(String section, String said) throws IOException {
    Path config = folder.resolve("q.yaml");
    Files.writeString(
        config,
        "quantization: "
            + section
            + "\ndata: {task: sentiment-twin, train_examples: 100, evaluation_examples: 10}\n");
    Path target = folder.resolve("int8.onnx");

    Executed executed =
        Executed.of(
            "quantize",
            models.resolve("model.onnx").toString(),
            "-o",
            target.toString(),
            "--config",
            config.toString(),
            "--set",
            "quantization.calibration.sampling_size=10",
            "--set",
            ITS_HEAD_IS_NOT_TRAINED,
            "--set",
            "evaluation.performance={warmup: 1, iteration: 5, sequence_length: 16}");

    assertThat(executed.err()).isEmpty();
    assertThat(executed.exitCode()).isZero();
    assertThat(executed.out()).contains(said).contains("wrote " + target);
    assertThat((double) Files.size(target) / Files.size(models.resolve("model.onnx")))
        .isLessThan(section.contains("Gather") ? 0.6 : 0.3);
  }

  @Test
  @DisplayName("a set in an exclusion counts: every operator of both layers stays float")
  void excludesByASet() throws IOException {
    Path target = folder.resolve("float-layers.onnx");

    Executed executed =
        Executed.of(
            "quantize",
            models.resolve("model.onnx").toString(),
            "-o",
            target.toString(),
            "--set",
            "quantization.excluded_names=['*layer.[01]/*']",
            "--set",
            "evaluation.performance={warmup: 1, iteration: 5, sequence_length: 16}");

    assertThat(executed.err()).isEmpty();
    assertThat(executed.exitCode()).isZero();
    List<String> weights =
        ModelProto.parseFrom(Files.readAllBytes(target)).getGraph().getInitializerList().stream()
            .filter(tensor -> tensor.getDataType() == DataType.INT8.getNumber())
            .map(TensorProto::getName)
            .toList();
    assertThat(weights).isNotEmpty().noneMatch(name -> name.contains("layer."));
  }

  @Test
  @DisplayName("with data the file is judged against the float one, and its operators are told")
  void judges() {
    Executed executed =
        Executed.of(
            "quantize",
            models.resolve("model.onnx").toString(),
            "-o",
            folder.resolve("int8.onnx").toString(),
            "--set",
            "data={task: sentiment-twin, train_examples: 20, evaluation_examples: 20}",
            "--set",
            "tuning.accuracy_criterion.absolute=0.01",
            "--set",
            ITS_HEAD_IS_NOT_TRAINED,
            "--set",
            "evaluation.performance={warmup: 1, iteration: 5, sequence_length: 16}");

    assertThat(executed.err()).isEmpty();
    assertThat(executed.exitCode()).isZero();
    assertThat(executed.out())
        .containsPattern("The baseline's accuracy is 0.\\d{4}; a trial needs at least")
        .containsPattern("/encoder/layer.1/output/dense/MatMul +MatMul +int8 +\\d.\\d\\de-0")
        .contains("fall-back: Everything configured is quantized")
        .contains("on this machine: ")
        .contains("Criterion met: accuracy is");
  }

  @Test
  @DisplayName("a static format is calibrated on a set of its own, and needs no training set")
  void calibratesOnItsOwnSet() throws IOException {
    Path rows =
        Files.writeString(
            folder.resolve("rows.tsv"),
            "label\tsentence\n1\ta fine film\n0\ta dull one\n1\tgood\n0\tbad\n");
    Path data =
        Files.writeString(
            folder.resolve("d.yaml"),
            "data: {task: sst-2, calibration: rows.tsv, calibration_part: 1-2,"
                + " evaluation: rows.tsv, evaluation_part: 3-4}\n");
    List<String> command =
        List.of(
            "quantize",
            models.resolve("model.onnx").toString(),
            "-o",
            folder.resolve("int8.onnx").toString(),
            "--config",
            data.toString(),
            "--set",
            "quantization={approach: post_training_static_quant, strategy: {name: none}}",
            "--set",
            "evaluation.performance={warmup: 1, iteration: 5, sequence_length: 16}");

    Executed executed = Executed.of(command.toArray(new String[0]));

    assertThat(executed.err()).isEmpty();
    assertThat(executed.exitCode()).isZero();

    Files.delete(folder.resolve("int8.onnx"));
    List<String> overlapping = new ArrayList<>(command);
    overlapping.addAll(List.of("--set", "data.evaluation_part=2-4"));
    Executed refused = Executed.of(overlapping.toArray(new String[0]));

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.err())
        .startsWith("data.evaluation: has rows of data.calibration, too: 2-4 of ")
        .contains(rows.toString());
  }

  @Test
  @DisplayName("what is quantized already is not quantized again")
  void twice() {
    String once = folder.resolve("once.onnx").toString();
    Executed.of("quantize", models.resolve("model.onnx").toString(), "-o", once);

    Executed again = Executed.of("quantize", once, "-o", folder.resolve("twice.onnx").toString());

    assertThat(again.exitCode()).isEqualTo(2);
    assertThat(again.err()).startsWith(once + ": ").contains("quantized already");
    assertThat(folder.resolve("twice.onnx")).doesNotExist();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "cut | 2",
        "empty | 2",
        "text | 2",
        "missing | 2",
      })
  @DisplayName("what is no ONNX model gets one sentence and exit code 2")
  void hostile(String kind, int exitCode) throws IOException {
    Path source = folder.resolve("source.onnx");
    byte[] whole = Files.readAllBytes(models.resolve("model.onnx"));
    switch (kind) {
      case "cut" -> Files.write(source, Arrays.copyOf(whole, whole.length / 2));
      case "empty" -> Files.write(source, new byte[0]);
      case "text" -> Files.writeString(source, "not a model");
      default -> {}
    }

    Executed executed =
        Executed.of("quantize", source.toString(), "-o", folder.resolve("x.onnx").toString());

    assertThat(executed.exitCode()).as(executed.err()).isEqualTo(exitCode);
    assertThat(executed.err()).contains(source.toString()).doesNotContain("\tat ");
    assertThat(folder.resolve("x.onnx")).doesNotExist();
  }

  @Test
  @DisplayName("static quantization without examples, or without a tokenizer, says what is missing")
  void withoutData() throws IOException {
    String model = models.resolve("model.onnx").toString();
    String output = folder.resolve("x.onnx").toString();
    String approach = "quantization.approach=post_training_static_quant";

    Executed noTask = Executed.of("quantize", model, "-o", output, "--set", approach);
    assertThat(noTask.exitCode()).isEqualTo(2);
    assertThat(noTask.err()).contains("no task is named").contains("Maybe --set data.task=sst-2");

    Path alone = Files.copy(Path.of(model), folder.resolve("alone.onnx"));
    Executed noTokenizer =
        Executed.of(
            "quantize",
            alone.toString(),
            "-o",
            output,
            "--set",
            approach,
            "--set",
            "data.task=sentiment-twin");
    assertThat(noTokenizer.exitCode()).isEqualTo(2);
    assertThat(noTokenizer.err()).contains("tokenizer.json: the tokenizer beside the model");
  }
}
