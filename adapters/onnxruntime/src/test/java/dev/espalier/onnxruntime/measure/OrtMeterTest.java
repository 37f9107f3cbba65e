package dev.espalier.onnxruntime.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.espalier.api.data.EncodedExample;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.data.Head;
import dev.espalier.api.data.Target;
import dev.espalier.api.metric.ClassificationMetric;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.core.data.EvaluationSet;
import dev.espalier.core.export.OnnxTools.Latency;
import dev.espalier.core.export.OnnxTools.LatencySettings;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.core.quantization.QuantizationPlan;
import dev.espalier.core.quantization.QuantizationPlan.Format;
import dev.espalier.onnxruntime.Examples;
import dev.espalier.onnxruntime.OrtTools;
import dev.espalier.onnxruntime.TinyBert;
import dev.espalier.onnxruntime.graph.OnnxFiles;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import dev.espalier.onnxruntime.quantize.Quantizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OrtMeterTest {
  @TempDir Path directory;
  private final TransformerWeights weights = TinyBert.weights(1, 2);
  private final OrtTools tools = new OrtTools();
  private Path model;

  /** The share of examples whose largest logit is their label's. */
  private static final class Accuracy implements ClassificationMetric {
    @Override
    public String name() {
      return "accuracy";
    }

    @Override
    public boolean higherIsBetter() {
      return true;
    }

    @Override
    public double compute(float[][] logits, int[] labels) {
      int right = 0;
      for (int i = 0; i < labels.length; i++) {
        right += (logits[i][1] > logits[i][0] ? 1 : 0) == labels[i] ? 1 : 0;
      }
      return (double) right / labels.length;
    }
  }

  @BeforeEach
  void export() {
    model = directory.resolve("model.onnx");
    tools.export(weights, new Head.Classification(List.of("no", "yes")), model);
  }

  @Test
  void evaluatesInTheOrderOfTheSet() {
    EncodedSet random = Examples.random(70, 20, TinyBert.VOCABULARY);
    List<EncodedExample> answered =
        random.examples().stream()
            .map(
                example -> {
                  double[] logits =
                      TinyBert.logits(weights, example.inputIds(), example.tokenTypeIds());
                  return new EncodedExample(
                      example.inputIds(), example.tokenTypeIds(), logits[1] > logits[0] ? 1 : 0);
                })
            .toList();
    EncodedSet set = new EncodedSet("evaluation", "", "", random.labels(), answered);
    assertThat(answered).extracting(EncodedExample::label).contains(0, 1);
    assertThat(new EvaluationSet(set).score(tools.outputs(model, set, 2), List.of(new Accuracy())))
        .containsExactly(Map.entry("accuracy", 1.0));
  }

  @Test
  void timesAllFilesInTheOrderGiven() {
    Path int8 = directory.resolve("int8.onnx");
    new Quantizer(QuantizationPlan.of(Format.DYNAMIC)).quantize(model, int8, Map.of());
    Map<String, Path> files = new LinkedHashMap<>();
    files.put("int8", int8);
    files.put("fp32", model);
    Map<String, Latency> latencies =
        tools.measureLatency(files, new LatencySettings(2, 16, 1, 10, 1));
    assertThat(latencies).containsOnlyKeys("int8", "fp32");
    assertThat(latencies.keySet()).first().isEqualTo("int8");
    assertThat(latencies.values())
        .allSatisfy(
            latency -> assertThat(latency.p50()).isPositive().isLessThanOrEqualTo(latency.p90()));
  }

  @Test
  void countsFusedOperatorsAndLeavesNoFile() throws IOException {
    long before = optimizedFiles();
    assertThat(tools.fusedOperators(model)).containsEntry("SkipLayerNormalization", 3);
    assertThat(optimizedFiles()).isEqualTo(before);
  }

  private static long optimizedFiles() throws IOException {
    try (var files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("espalier-optimized-"))
          .count();
    }
  }

  @Test
  void aCorruptFileIsTheInputsProblem() throws IOException {
    byte[] bytes = Files.readAllBytes(model);
    Path corrupt = directory.resolve("corrupt.onnx");
    Files.write(corrupt, Arrays.copyOf(bytes, bytes.length / 2));
    assertProblem(corrupt, ProblemKind.INPUT, "ONNX Runtime can't load it: ");
    assertProblem(directory.resolve("none.onnx"), ProblemKind.INPUT, "there is no such file");
  }

  @Test
  void aFileThatIsNoClassifierIsTheInputsProblem() {
    Path other = directory.resolve("other.onnx");
    OnnxGraph graph = OnnxGraph.create("other", 8, 17);
    graph.input("image", DataType.FLOAT, "n");
    graph.node("Relu", List.of("image"), "y");
    graph.output("y", DataType.FLOAT, "n");
    OnnxFiles.write(other, graph.toModel());
    assertProblem(other, ProblemKind.INPUT, "has an input image; ");
  }

  /** Scores of it would be numbers without a meaning, and a criterion about them met by chance. */
  @Test
  void aFileThatAnswersAnotherQuestionIsTheInputsProblem() {
    Path three = directory.resolve("three.onnx");
    tools.export(TinyBert.weights(1, 3), new Head.Classification(List.of("a", "b", "c")), three);
    assertProblem(
        three,
        ProblemKind.INPUT,
        "it answers with 3 values for each text, the task with the classes [no, yes]");
    Path number = directory.resolve("number.onnx");
    tools.export(TinyBert.weights(1, 1), new Head.Regression(), number);
    assertProblem(
        number,
        ProblemKind.INPUT,
        "it answers with 1 value for each text, the task with the classes [no, yes]");
    EncodedExample seven = new EncodedExample(new int[] {1, 2}, new int[2], new Target.Value(7));
    EncodedSet numbers =
        new EncodedSet("evaluation", "", "", new Head.Regression(), List.of(seven));
    assertThat(catchThrowableOfType(ProblemException.class, () -> tools.outputs(model, numbers, 1)))
        .hasMessageContaining("it answers with 2 values for each text, the task with one number");
  }

  @Test
  void aNativeLibraryThatCannotBeLoadedIsTheEnvironmentsProblem() {
    OrtMeter meter =
        new OrtMeter(
            () -> {
              throw new UnsatisfiedLinkError("no onnxruntime");
            });
    ProblemException problem =
        catchThrowableOfType(ProblemException.class, () -> meter.fusedOperators(model));
    assertThat(problem.exitCode()).isEqualTo(4);
    assertThat(problem)
        .hasMessageContaining("ONNX Runtime's native library can't be loaded: no onnxruntime");
  }

  private void assertProblem(Path file, ProblemKind kind, String message) {
    EncodedSet set = Examples.random(2, 5, TinyBert.VOCABULARY);
    ProblemException problem =
        catchThrowableOfType(ProblemException.class, () -> tools.outputs(file, set, 1));
    assertThat(problem.problems().get(0).kind()).isEqualTo(kind);
    assertThat(problem).hasMessageStartingWith(file + ": " + message);
  }
}
