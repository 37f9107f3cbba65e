package dev.espalier.onnxruntime.calibrate;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.onnxruntime.Examples;
import dev.espalier.onnxruntime.bert.BertOnnxExporter;
import dev.espalier.onnxruntime.bert.ClasspathModels;
import dev.espalier.onnxruntime.calibrate.CalibrationMethod.Entropy;
import dev.espalier.onnxruntime.graph.OnnxFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Entropy calibration of MiniLM on 1,000 sentences: everything this process ever held. */
@Tag("slow")
@EnabledOnOs(OS.LINUX)
final class CalibrationMemoryTest {
  @TempDir Path directory;

  @Test
  void staysBelowTwoGigabytes() throws IOException {
    Path file = directory.resolve("encoder.onnx");
    BertOnnxExporter.exportEncoder(new ClasspathModels().load("all-minilm-l6-v2").weights(), file);
    ModelProto model = OnnxFiles.read(file);
    Set<String> tensors = new LinkedHashSet<>();
    model.getGraph().getNodeList().stream()
        .filter(node -> node.getOpType().equals("MatMul"))
        .forEach(
            node -> {
              tensors.addAll(node.getInputList());
              tensors.addAll(node.getOutputList());
            });
    model.getGraph().getInitializerList().forEach(constant -> tensors.remove(constant.getName()));
    EncodedSet sentences = Examples.random(1_000, 64, 30_522);

    Map<String, TensorRange> ranges =
        new Calibrator(new Entropy(), new Activations(2))
            .ranges(model, file, tensors, new EncodedBatches(sentences, 8, 1));

    // MatMuls: 6 layers of 6 linear layers and 2 products, their inputs and outputs.
    assertThat(ranges).hasSizeGreaterThan(48).hasSameSizeAs(tensors);
    assertThat(peakBytes()).isLessThan(2L << 30);
  }

  private static long peakBytes() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmHWM:"))
        .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }
}
