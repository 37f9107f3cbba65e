package dev.espalier.onnxruntime.graph;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.GraphProto;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.core.model.BertNames;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.onnxruntime.Examples;
import dev.espalier.onnxruntime.TinyBert;
import dev.espalier.onnxruntime.bert.BertOnnxExporter;
import dev.espalier.onnxruntime.measure.OrtMeter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Zeros said once, to ONNX Runtime. */
class SparseOnnxTest {
  @TempDir Path directory;

  @Test
  @DisplayName("ONNX Runtime computes the same logits, bit for bit, from a smaller file")
  void sameLogits() throws IOException {
    TransformerWeights weights = TinyBert.weights(2, 2);
    SplittableRandom random = new SplittableRandom(1);
    for (String prefix : BertNames.encoderLinears(2)) {
      float[] values = weights.get(prefix + ".weight").values();
      for (int i = 0; i < values.length; i++) {
        values[i] = random.nextDouble() < 0.9 ? 0 : values[i];
      }
    }
    Path dense = directory.resolve("dense.onnx");
    Path sparse = directory.resolve("sparse.onnx");
    BertOnnxExporter.exportClassifier(weights, List.of("no", "yes"), dense);

    assertThat(SparseOnnx.write(dense, sparse)).isEqualTo(12);

    GraphProto graph = OnnxFiles.read(sparse).getGraph();
    assertThat(graph.getSparseInitializerCount()).isEqualTo(12);
    assertThat(Files.size(sparse)).isLessThan(Files.size(dense));
    EncodedSet set = Examples.random(16, 12, TinyBert.VOCABULARY);
    OrtMeter meter = new OrtMeter();
    assertThat(meter.logits(sparse, set, 1)).isDeepEqualTo(meter.logits(dense, set, 1));
  }
}
