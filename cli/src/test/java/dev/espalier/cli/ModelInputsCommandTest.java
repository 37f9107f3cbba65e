package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.api.data.Head;
import dev.espalier.checkpoints.Checkpoints;
import dev.espalier.checkpoints.SafeTensorsStore;
import dev.espalier.core.model.PretrainedModel;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.onnxruntime.OrtTools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Models that do not go with their data, or with their own tokenizer, through the commands: each of
 * these was once told as a bug, told after the training, or not told at all.
 */
class ModelInputsCommandTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String WORDS = "bert.embeddings.word_embeddings.weight";
  private static final String POSITIONS = "bert.embeddings.position_embeddings.weight";
  private static final String DENSE = "bert.encoder.layer.0.output.dense.weight";

  @TempDir Path folder;

  /** A healthy model, good/, a configuration that uses it, and data of two classes. */
  @BeforeEach
  void files() throws IOException {
    Path good = Files.createDirectory(folder.resolve("good"));
    for (String name : List.of("config.json", "model.safetensors", "vocab.txt")) {
      Files.copy(Path.of("src/test/resources/families/bert-cls", name), good.resolve(name));
    }
    Files.writeString(folder.resolve("train.csv"), "text,label\nw0 w1,a\nw17 w2,b\nw3,a\n");
    Files.writeString(folder.resolve("dev.csv"), "text,label\nw4 w1,a\nw5 w18 w3 w4,b\nw6,a\n");
    Files.writeString(
        folder.resolve("run.yaml"),
        """
        model: {name: tiny, checkpoint: ./good}
        data:
          task: csv
          train: train.csv
          evaluation: dev.csv
          columns: {text: text, label: label}
          max_sequence_length: 16
        pruning:
          train: {max_steps: 20}
          approach:
            weight_compression: {target_sparsity: 0.5, pruners: [{prune_type: magnitude}]}
        tuning:
          accuracy_criterion: {relative: 0.1}
          workspace: {path: runs}
        """);
  }

  @ParameterizedTest(name = "{0} as {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "few rows      | model.checkpoint           | the token \"w17\" of the data has the id 22, but"
            + " the word embeddings have 20 rows; the tokenizer has 24 tokens",
        "few rows      | distillation.teacher       | the token \"w17\" of the data has the id 22, but"
            + " the word embeddings have 20 rows; the tokenizer has 24 tokens",
        "few positions | model.checkpoint           | data.max_sequence_length: must be at most 4,"
            + " the model's positions, found 16",
        "few positions | distillation.teacher       | bad has positions for 4 tokens, and the longest"
            + " text of the data has 6",
        "NaN           | model.checkpoint           | has NaN in " + DENSE + " at [1, 2]",
        "NaN           | distillation.teacher       | has NaN in " + DENSE + " at [1, 2]",
        "NaN           | tuning.baseline.checkpoint | has NaN in " + DENSE + " at [1, 2]",
        "other classes | tuning.baseline.checkpoint | classes are [ham, spam], the task's [a, b]",
        "other classes | distillation.teacher       | classes are [ham, spam], the task's [a, b]",
        "regression    | model.checkpoint           | bad/config.json: problem_type \"regression\""
            + " contradicts id2label",
        "several       | model.checkpoint           | bad/config.json: problem_type"
            + " \"multi_label_classification\" contradicts the task, which is a"
            + " single_label_classification",
        "several       | distillation.teacher       | bad/config.json: problem_type"
            + " \"multi_label_classification\" contradicts the task, which is a"
            + " single_label_classification",
        "five          | model.checkpoint           | bad/config.json: num_labels 5 contradicts the"
            + " task, which has the classes [a, b]",
        "three         | tuning.baseline.checkpoint | bad/config.json: num_labels 3 contradicts",
        "a layer more  | tuning.baseline.checkpoint | is of another model: it has",
        "other heads   | tuning.baseline.checkpoint | is of another model: it has",
        "tokenizer     | model.checkpoint           | tokenizer_class \"RobertaTokenizer\": the"
            + " tokenizer RobertaTokenizer cannot be made of vocab.txt",
      })
  @DisplayName("what does not go together is told before anything is trained or written, exit 2")
  void mistakes(String mistake, String key, String told) throws IOException {
    makeBad(mistake);
    if (key.equals("distillation.teacher")) {
      // The longest text is trained on here, for the evaluation set is not the teacher's.
      Files.copy(folder.resolve("dev.csv"), folder.resolve("longer.csv"));
      Files.writeString(folder.resolve("train.csv"), "text,label\nw0 w1 w2 w3,a\nw17,b\nw3,a\n");
    }

    Executed executed =
        Executed.of(
            "run",
            folder.resolve("run.yaml").toString(),
            "--no-progress",
            "--set",
            key + "=" + folder.resolve("bad"));

    assertThat(executed.err()).contains(told).doesNotContain("\tat ");
    assertThat(executed.exitCode()).isEqualTo(2);
    assertThat(folder.resolve("runs/tiny")).doesNotExist();
  }

  private void makeBad(String mistake) throws IOException {
    Path bad = Files.createDirectory(folder.resolve("bad"));
    PretrainedModel good = Checkpoints.load(folder.resolve("good"));
    SortedMap<String, Tensor> tensors = new TreeMap<>(good.weights().tensors());
    for (String part : List.of("classifier.weight", "classifier.bias")) {
      tensors.computeIfPresent(part, (name, tensor) -> rows(tensor, 2));
    }
    ObjectNode config = (ObjectNode) JSON.readTree(good.companions().get("config.json"));
    config.putObject("id2label").put("0", "a").put("1", "b");
    Files.copy(folder.resolve("good/vocab.txt"), bad.resolve("vocab.txt"));
    switch (mistake) {
      case "few rows" -> {
        tensors.computeIfPresent(WORDS, (name, tensor) -> rows(tensor, 20));
        config.put("vocab_size", 20);
      }
      case "few positions" -> {
        tensors.computeIfPresent(POSITIONS, (name, tensor) -> rows(tensor, 4));
        config.put("max_position_embeddings", 4);
      }
      case "regression" -> config.put("problem_type", "regression");
      case "several" -> config.put("problem_type", "multi_label_classification");
      case "five" -> {
        config.remove("id2label");
        config.put("num_labels", 5);
        tensors.keySet().removeIf(name -> name.startsWith("classifier."));
      }
      case "three" -> config.put("num_labels", 3);
      case "a layer more" -> {
        new TreeMap<>(tensors)
            .forEach((name, tensor) -> tensors.put(name.replace("layer.1.", "layer.2."), tensor));
        config.put("num_hidden_layers", 3);
      }
      case "other heads" -> config.put("num_attention_heads", 4);
      case "NaN" -> tensors.get(DENSE).values()[12 + 2] = Float.NaN;
      case "other classes" -> config.putObject("id2label").put("0", "ham").put("1", "spam");
      case "tokenizer" ->
          Files.writeString(
              bad.resolve("tokenizer_config.json"), "{\"tokenizer_class\": \"RobertaTokenizer\"}");
      default -> throw new IllegalArgumentException(mistake);
    }
    Files.writeString(bad.resolve("config.json"), config.toString());
    new SafeTensorsStore()
        .write(
            bad.resolve("model.safetensors"),
            new TransformerWeights(good.weights().architecture(), tensors));
  }

  private static Tensor rows(Tensor tensor, int rows) {
    int size = tensor.values().length / tensor.rows();
    int[] shape = tensor.shape().clone();
    shape[0] = rows;
    return new Tensor(shape, Arrays.copyOf(tensor.values(), rows * size));
  }

  /** A model that answers with the first of its classes, whatever it is asked. */
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"0\": \"a\", \"1\": \"b\"} | baseline's accuracy is 0.6667",
        "{\"0\": \"B\", \"1\": \"A\"} | baseline's accuracy is 0.3333",
        "{\"0\": \"B\", \"1\": \"A\"} | are [B, A], those of the data [a, b]: they are matched by"
            + " name.",
        "{} | baseline's accuracy is 0.6667",
        "{} | model.onnx are unknown: its rows are taken in the order [a, b].",
        "{\"0\": \"x\", \"1\": \"y\"} | model.onnx's classes are [x, y], the task's [a, b]",
      })
  @DisplayName("an ONNX file is judged by its classes, as the config.json beside it names them")
  void quantize(String names, String told) throws IOException {
    Path config = folder.resolve("good/config.json");
    ObjectNode content = (ObjectNode) JSON.readTree(Files.readString(config));
    content.set("id2label", JSON.readTree(names));
    Path model = export(); // what it is made from has another head, and other names
    Files.writeString(config, content.toString());

    Executed executed = quantize(model, List.of());

    assertThat(executed.out() + executed.err()).contains(told);
    // It answers with one class, so what it is judged against says nothing.
    assertThat(executed.exitCode()).isEqualTo(names.contains("x") ? 2 : 3);
    assertThat(executed.out().contains("The dense model has learned nothing"))
        .isEqualTo(!names.contains("x"));
    assertThat(executed.out().contains("Latency is measured at 16 tokens"))
        .isEqualTo(!names.contains("x"));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "vocab_size=20 | the token \"w17\" of the data has the id 22, but the word embeddings have 20"
            + " rows",
        "max_position_embeddings=4 | model.onnx has positions for 4 tokens, and the longest text of"
            + " the data has 6",
        "evaluation.performance.sequence_length=17 | evaluation.performance.sequence_length: must be"
            + " at most 16, the model's positions, found 17",
      })
  @DisplayName("what an ONNX file cannot take in is told before it is quantized")
  void limits(String setting, String told) throws IOException {
    Path model = export();
    String key = setting.substring(0, setting.indexOf('='));
    boolean isOfModel = !key.contains(".");
    if (isOfModel) {
      Path config = folder.resolve("good/config.json");
      ObjectNode content = (ObjectNode) JSON.readTree(Files.readString(config));
      content.put(key, Integer.parseInt(setting.substring(key.length() + 1)));
      Files.writeString(config, content.toString());
    }

    Executed executed = quantize(model, isOfModel ? List.of() : List.of("--set", setting));

    assertThat(executed.err()).contains(told);
    assertThat(executed.exitCode()).isEqualTo(2);
    assertThat(folder.resolve("int8.onnx")).doesNotExist();
  }

  private Path export() throws IOException {
    PretrainedModel good = Checkpoints.load(folder.resolve("good"));
    SortedMap<String, Tensor> tensors = new TreeMap<>(good.weights().tensors());
    tensors.put("classifier.weight", Tensor.matrix(2, 8, new float[16]));
    tensors.put("classifier.bias", Tensor.vector(1, 0));
    Path model = folder.resolve("good/model.onnx");
    new OrtTools()
        .export(
            new TransformerWeights(good.weights().architecture(), tensors),
            new Head.Classification(List.of("0", "1")),
            model);
    Files.write(folder.resolve("good/tokenizer.json"), good.tokenizerJson());
    return model;
  }

  private Executed quantize(Path model, List<String> more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "quantize",
                model.toString(),
                "-o",
                folder.resolve("int8.onnx").toString(),
                "--config",
                folder.resolve("run.yaml").toString(),
                "--set",
                "evaluation.performance.iteration=3"));
    arguments.addAll(more);
    return Executed.of(arguments.toArray(String[]::new));
  }
}
