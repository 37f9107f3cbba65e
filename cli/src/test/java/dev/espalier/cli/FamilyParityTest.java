package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.espalier.api.data.Batch;
import dev.espalier.api.data.EncodedExample;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.data.Head;
import dev.espalier.archive.RemainingWeights;
import dev.espalier.checkpoints.Checkpoints;
import dev.espalier.checkpoints.SafeTensorsStore;
import dev.espalier.core.model.Family;
import dev.espalier.core.model.PretrainedModel;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.core.text.Globs;
import dev.espalier.djl.BertModel;
import dev.espalier.onnxruntime.OrtTools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Every family against Hugging Face's own implementation. The folders under {@code families} are
 * what save_pretrained of Transformers 5.24.0 (PyTorch 2.15.0) wrote of random models with two
 * layers, width 8 (torch.manual_seed(1), initializer_range 0.3, N(0, 0.05) added to every
 * parameter); {@code logits.json} has random inputs, the second and third padded, and what the
 * model answered.
 */
class FamilyParityTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final float TOLERANCE = 1e-5f;

  @TempDir Path directory;

  private static Path folder(String name) {
    return Path.of("src/test/resources/families", name);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "bert-cls, bert", "bert-qa, bert",
    "roberta-cls, roberta", "roberta-qa, roberta",
    "distilbert-cls, distilbert", "distilbert-qa, distilbert",
    "electra-cls, electra", "electra-qa, electra"
  })
  @DisplayName("a saved model answers here, in training's model and as ONNX, as it does in Python")
  void sameLogits(String name, String type) throws IOException {
    PretrainedModel model = Checkpoints.load(folder(name));
    Head head = head(name);
    JsonNode golden = JSON.readTree(folder(name).resolve("logits.json").toFile());
    List<EncodedExample> examples = examples(golden);

    assertThat(model.weights().bert().family().modelType()).isEqualTo(type);
    assertThat(model.notes()).as("everything stored is used").isEmpty();
    Batch batch = Batch.of(examples);
    try (BertModel engine = BertModel.load(model.weights())) {
      float[] logits = engine.logits(batch);
      int width = logits.length / examples.size();
      for (int row = 0; row < examples.size(); row++) {
        int values = head instanceof Head.Spans ? 2 * examples.get(row).length() : width;
        for (int i = 0; i < values; i++) {
          assertThat(logits[row * width + i])
              .as("row %d, value %d", row, i)
              .isCloseTo(expected(golden, head, row, i), within(TOLERANCE));
        }
      }
    }
    Path onnx = directory.resolve("model.onnx");
    OrtTools tools = new OrtTools();
    tools.export(model.weights(), head, onnx);
    EncodedSet set = new EncodedSet("golden", name, "none", head, examples);
    List<float[][]> outputs = tools.outputs(onnx, set, 1);
    for (int row = 0; row < examples.size(); row++) {
      for (int i = 0; i < (head instanceof Head.Spans ? 2 * examples.get(row).length() : 3); i++) {
        float value =
            head instanceof Head.Spans ? outputs.get(i % 2)[row][i / 2] : outputs.get(0)[row][i];
        assertThat(value)
            .as("ONNX, row %d, value %d", row, i)
            .isCloseTo(expected(golden, head, row, i), within(TOLERANCE));
      }
    }
    Map<String, Integer> fused = tools.fusedOperators(onnx);
    assertThat(fused)
        .as("one activation and two residual sums per layer; of some, the embeddings' sum too")
        .containsEntry("BiasGelu", 2)
        .hasEntrySatisfying("SkipLayerNormalization", sums -> assertThat(sums).isBetween(4, 5));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({"bert-cls", "roberta-cls", "distilbert-cls", "electra-cls"})
  @DisplayName("saving changes no name and no bit")
  void saved(String name) {
    TransformerWeights weights = Checkpoints.load(folder(name)).weights();
    Path file = directory.resolve("model.safetensors");

    new SafeTensorsStore().write(file, weights);

    SortedMap<String, Tensor> stored =
        new SafeTensorsStore().readTensors(folder(name).resolve("model.safetensors"));
    SortedMap<String, Tensor> read = new SafeTensorsStore().readTensors(file);
    assertThat(read.keySet()).isEqualTo(stored.keySet());
    stored.forEach(
        (key, tensor) -> assertThat(read.get(key).values()).as(key).isEqualTo(tensor.values()));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({"bert-cls", "roberta-cls", "distilbert-cls", "electra-cls"})
  @DisplayName("the default glob and what counts as encoder are the six matrices of each layer")
  void prunable(String name) {
    TransformerWeights weights = Checkpoints.load(folder(name)).weights();
    Family family = weights.bert().family();
    TreeSet<String> linears = new TreeSet<>();
    family.encoderLinears(2).forEach(prefix -> linears.add(prefix + ".weight"));

    TreeSet<String> globbed = new TreeSet<>();
    TreeSet<String> counted = new TreeSet<>();
    weights
        .tensors()
        .forEach(
            (key, tensor) -> {
              if (tensor.shape().length == 2 && Globs.of("*.layer.*.weight").test(key)) {
                globbed.add(key);
              }
              if (tensor.shape().length == 2 && RemainingWeights.isOfEncoder(key)) {
                counted.add(key);
              }
            });

    assertThat(linears).hasSize(12);
    assertThat(globbed).isEqualTo(linears);
    assertThat(counted).isEqualTo(linears);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({"bert-cls", "roberta-cls", "distilbert-cls", "electra-cls"})
  @DisplayName("names without the family's prefix and TensorFlow's names of norms are understood")
  void otherNames(String name) throws IOException {
    TransformerWeights weights = Checkpoints.load(folder(name)).weights();
    String base = weights.bert().family().base();
    TreeMap<String, Tensor> renamed = new TreeMap<>();
    weights
        .tensors()
        .forEach(
            (key, tensor) ->
                renamed.put(
                    (key.startsWith(base) ? key.substring(base.length()) : key)
                        .replace("LayerNorm.weight", "LayerNorm.gamma")
                        .replace("LayerNorm.bias", "LayerNorm.beta"),
                    tensor));
    Path copy = Files.createDirectory(directory.resolve("copy"));
    try (var files = Files.list(folder(name))) {
      for (Path file : files.toList()) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
    }
    new SafeTensorsStore().writeTensors(copy.resolve("model.safetensors"), renamed);

    TransformerWeights read = Checkpoints.load(copy).weights();

    assertThat(read.tensors().keySet()).isEqualTo(weights.tensors().keySet());
    read.tensors()
        .forEach(
            (key, tensor) ->
                assertThat(tensor.values()).as(key).isEqualTo(weights.get(key).values()));
  }

  private static Head head(String name) {
    return name.endsWith("-qa")
        ? new Head.Spans()
        : new Head.Classification(List.of("a", "b", "c"));
  }

  private static float expected(JsonNode golden, Head head, int row, int i) {
    JsonNode values = golden.path("logits").path(row);
    return head instanceof Head.Spans
        ? values.path(i / 2).path(i % 2).floatValue()
        : values.path(i).floatValue();
  }

  private static List<EncodedExample> examples(JsonNode golden) {
    List<EncodedExample> examples = new ArrayList<>();
    for (int row = 0; row < golden.path("ids").size(); row++) {
      int length = 0;
      for (JsonNode kept : golden.path("mask").path(row)) {
        length += kept.intValue();
      }
      int[] ids = new int[length];
      int[] types = new int[length];
      for (int i = 0; i < length; i++) {
        ids[i] = golden.path("ids").path(row).path(i).intValue();
        types[i] = golden.path("types").path(row).path(i).intValue();
      }
      examples.add(new EncodedExample(ids, types, 0));
    }
    return examples;
  }
}
