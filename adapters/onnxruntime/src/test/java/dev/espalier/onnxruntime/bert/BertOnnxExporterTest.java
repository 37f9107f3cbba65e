package dev.espalier.onnxruntime.bert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.espalier.api.data.EncodedExample;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.onnxruntime.Examples;
import dev.espalier.onnxruntime.TinyBert;
import dev.espalier.onnxruntime.graph.OnnxFiles;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import dev.espalier.onnxruntime.measure.OrtMeter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BertOnnxExporterTest {
  private static final List<String> LABELS = List.of("no", "\"yes\"\n", "maybe");

  @TempDir Path directory;
  private final TransformerWeights weights = TinyBert.weights(2, 3);
  private Path file;

  @BeforeEach
  void export() {
    file = directory.resolve("model.onnx");
    BertOnnxExporter.exportClassifier(weights, LABELS, file);
  }

  @Test
  void logitsAreThoseOfTheForwardPassInDoubleWhateverThePadding() {
    EncodedSet set =
        new EncodedSet(
            "evaluation", "", "", LABELS, Examples.random(40, 20, TinyBert.VOCABULARY).examples());
    float[][] logits = new OrtMeter().logits(file, set, 1);
    for (int i = 0; i < set.size(); i++) {
      EncodedExample example = set.examples().get(i);
      double[] expected = TinyBert.logits(weights, example.inputIds(), example.tokenTypeIds());
      for (int label = 0; label < LABELS.size(); label++) {
        assertThat((double) logits[i][label])
            .as("example %d, label %d", i, label)
            .isCloseTo(expected[label], within(1e-5));
      }
    }
  }

  @Test
  void onnxRuntimeFusesNormsActivationsAndProducts() {
    assertThat(new OrtMeter().fusedOperators(file))
        .isEqualTo(
            Map.of(
                "SkipLayerNormalization", 5, // embeddings, and two in each layer
                "BiasGelu", 2,
                "FusedMatMul", 2, // Q·Kᵀ/√size
                "FusedGemm", 1)); // pooler with its tanh
  }

  @Test
  void declaresInputsOutputAndMetadata() {
    ModelProto model = OnnxFiles.read(file);
    OnnxGraph graph = OnnxGraph.of(model);
    assertThat(model.getIrVersion()).isEqualTo(8);
    assertThat(model.getProducerName()).isEqualTo("espalier");
    assertThat(graph.opset("")).isEqualTo(17);
    assertThat(graph.metadata())
        .containsEntry("labels", "[\"no\", \"\\\"yes\\\"\\u000a\", \"maybe\"]")
        .containsEntry("vocabulary_size", "50");
    assertThat(model.getGraph().getInputList())
        .extracting(input -> input.getName())
        .containsExactly("input_ids", "attention_mask", "token_type_ids");
    assertThat(model.getGraph().getOutput(0).getName()).isEqualTo("logits");
  }

  @Test
  void equalWeightsMakeEqualBytes() throws IOException {
    Path again = directory.resolve("again.onnx");
    BertOnnxExporter.exportClassifier(TinyBert.weights(2, 3), LABELS, again);
    assertThat(again).hasSameBinaryContentAs(file);
    try (var files = Files.list(directory)) {
      assertThat(files).containsExactlyInAnyOrder(file, again);
    }
  }

  @Test
  void importReadsTheExportBack() {
    TransformerWeights read = BertOnnxImport.read(OnnxFiles.read(file), "model.onnx");
    assertThat(read.architecture()).isEqualTo(weights.architecture());
    read.tensors()
        .forEach(
            (name, tensor) -> {
              assertThat(tensor.shape()).as(name).isEqualTo(weights.get(name).shape());
              assertThat(tensor.values()).as(name).isEqualTo(weights.get(name).values());
            });
    assertThat(read.tensors()).hasSize(weights.tensors().size() - 2); // without the classifier
  }

  @Test
  void refusesLabelsThatAreNotTheClasses() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> BertOnnxExporter.classifier(weights, List.of("one", "two")))
        .withMessage(
            "the classifier has 3 outputs, but there are 2 of Classification[labels=[one, two]]");
  }
}
