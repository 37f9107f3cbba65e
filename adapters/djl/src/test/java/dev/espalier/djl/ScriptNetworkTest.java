package dev.espalier.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import dev.espalier.api.data.Batch;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.data.Head;
import dev.espalier.api.data.Target;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.core.export.OnnxTools.Latency;
import dev.espalier.core.export.OnnxTools.LatencySettings;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.model.TorchScript;
import dev.espalier.core.model.TransformerWeights;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A TorchScript model against the same model in plain Java, in double precision. */
class ScriptNetworkTest {
  private static final long SEED = 5;
  private static final int CLASSES = 2;
  private static final EncodedSet EXAMPLES = RandomBert.parity(20, SEED);
  private static final Head HEAD = EXAMPLES.head();

  @TempDir Path directory;
  private TorchScript script;

  @BeforeEach
  void write() {
    Path file = TinyScript.classifier(directory.resolve("tiny.pt"), CLASSES, SEED);
    script = new TorchScript(file, ScriptSignature.inputs(file));
  }

  @Test
  @DisplayName("parameters are those of the file, by name and to the last bit")
  void parameters() {
    try (ScriptNetwork network = ScriptNetwork.open(script)) {
      assertThat(network.tensors().keySet())
          .containsExactly(
              "conv.bias", "conv.weight", "embeddings.weight", "out.bias", "out.weight");
      assertSame(network.tensors(), TinyScript.parameters(CLASSES, SEED));
    }
  }

  @Test
  @DisplayName("logits are those of the plain model, with padding and with other weights")
  void logits() {
    Batch batch = Batch.of(EXAMPLES.examples());
    SortedMap<String, Tensor> others = TinyScript.parameters(CLASSES, SEED + 1);
    try (ScriptNetwork network = ScriptNetwork.trainable(script, others)) {
      float[] logits = network.logits(batch);
      double[][] expected = PlainTiny.logits(others, batch);
      for (int i = 0; i < logits.length; i++) {
        assertThat((double) logits[i])
            .as("logit %d, seed %d", i, SEED)
            .isCloseTo(expected[i / CLASSES][i % CLASSES], within(1e-5));
      }
    }
  }

  @Test
  @DisplayName("gradients are those of the plain model by central differences, every parameter")
  void gradients() {
    Batch batch = Batch.of(EXAMPLES.examples());
    SortedMap<String, Tensor> tensors = TinyScript.parameters(CLASSES, SEED);
    // the plain model has no dropout
    TinyScript.write(
        script.file(), tensors, Map.of(), TinyScript.forward(0.0, "input_ids", "attention_mask"));
    try (ScriptNetwork network = ScriptNetwork.open(script)) {
      tensors.keySet().forEach(name -> network.parameter(name).setRequiresGradient(true));
      try (NDManager arrays = network.manager().newSubManager();
          GradientCollector collector = Torch.engine().newGradientCollector()) {
        Network.Answer answer = network.answer(BatchArrays.of(batch, arrays, network.type()), true);
        collector.backward(Losses.of(answer.output(), batch.targets(), arrays));
      }
      tensors.forEach(
          (name, tensor) -> {
            float[] gradient = network.parameter(name).getGradient().toFloatArray();
            for (int i = 0; i < gradient.length; i += 1 + gradient.length / 40) {
              assertThat((double) gradient[i])
                  .as("%s[%d], seed %d", name, i, SEED)
                  .isCloseTo(PlainTiny.slope(tensors, name, i, batch), within(2e-4));
            }
          });
    }
  }

  @Test
  @DisplayName("training drops out as the program says, by the seed; inference does not")
  void dropout() {
    Batch batch = Batch.of(EXAMPLES.examples());
    try (ScriptNetwork network = ScriptNetwork.open(script)) {
      float[] plain = network.logits(batch);
      float[] first = dropped(network, batch, 3);
      assertThat(first).isNotEqualTo(plain);
      assertThat(dropped(network, batch, 3)).isEqualTo(first);
      assertThat(dropped(network, batch, 4)).isNotEqualTo(first);
      assertThat(network.logits(batch)).isEqualTo(plain);
    }
  }

  private static float[] dropped(ScriptNetwork network, Batch batch, int seed) {
    Torch.engine().setRandomSeed(seed);
    try (NDManager arrays = network.manager().newSubManager()) {
      return network
          .answer(BatchArrays.of(batch, arrays, network.type()), true)
          .output()
          .toFloatArray();
    }
  }

  @Test
  @DisplayName("an exported model answers, reads back and is timed like the one it was made of")
  void export() {
    SortedMap<String, Tensor> pruned = TinyScript.parameters(CLASSES, SEED);
    float[] kernel = pruned.get("conv.weight").values();
    for (int i = 0; i < kernel.length; i += 2) {
      kernel[i] = 0;
    }
    ScriptTools tools = new ScriptTools();
    TransformerWeights weights = new TransformerWeights(script, pruned);
    Path file = directory.resolve("pruned.pt");

    tools.check(weights, HEAD);
    tools.export(weights, HEAD, file);

    TorchScript written = new TorchScript(file, ScriptSignature.inputs(file));
    assertThat(written.inputs()).isEqualTo(script.inputs());
    try (ScriptNetwork network = ScriptNetwork.open(written)) {
      assertSame(network.tensors(), pruned);
    }
    float[][] outputs = tools.outputs(file, EXAMPLES, 1).get(0);
    for (int i = 0; i < outputs.length; i++) {
      double[] alone = PlainTiny.logits(pruned, Batch.of(List.of(EXAMPLES.examples().get(i))))[0];
      for (int c = 0; c < CLASSES; c++) {
        assertThat((double) outputs[i][c]).as("example %d", i).isCloseTo(alone[c], within(1e-5));
      }
    }
    Map<String, Latency> latencies =
        tools.measureLatency(
            Map.of("dense", script.file(), "fp32", file), new LatencySettings(2, 7, 2, 5, 1));
    assertThat(latencies).containsOnlyKeys("dense", "fp32");
    assertThat(latencies.values()).allSatisfy(each -> assertThat(each.p50()).isPositive());
  }

  static Stream<Arguments> answers() {
    String scores = "torch.squeeze(torch.slice(words, 2, %d, %d), 2)";
    String start = scores.formatted(0, 1);
    String end = scores.formatted(1, 2);
    String both = "torch.slice(words, 2, 0, 2)";
    String mean = "torch.mean(words, [1])";
    return Stream.of(
        Arguments.of("Tensor", both, true),
        Arguments.of("Tuple[Tensor, Tensor]", "(" + start + ", " + end + ")", true),
        Arguments.of(
            "Dict[str, Tensor]",
            "{\"end_logits\": " + end + ", \"start_logits\": " + start + "}",
            true),
        Arguments.of("Tuple[Tensor, Tensor]", "(" + mean + ", words)", false),
        Arguments.of("List[Tensor]", "[" + mean + ", words]", false),
        Arguments.of("Dict[str, Tensor]", "{\"hidden\": words, \"logits\": " + mean + "}", false));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("answers")
  @DisplayName("answers come alone, first of a tuple or list, or by name; those of spans in two")
  void answers(String type, String expression, boolean spans) {
    SortedMap<String, Tensor> tensors = TinyScript.parameters(CLASSES, SEED);
    Path file =
        TinyScript.write(
            directory.resolve("answers.pt"),
            tensors,
            Map.of(),
            "  def forward(self, input_ids: Tensor) -> %s:\n".formatted(type)
                + "    words = torch.embedding(self.embeddings.weight, input_ids)\n"
                + "    return %s\n".formatted(expression));
    Batch batch = Batch.of(EXAMPLES.examples());
    float[] table = tensors.get("embeddings.weight").values();
    int width = TinyScript.WIDTH;
    try (ScriptNetwork network =
        ScriptNetwork.open(new TorchScript(file, ScriptSignature.inputs(file)))) {
      float[] found = network.logits(batch);
      assertThat(found).hasSize(spans ? 2 * batch.rows() * batch.columns() : batch.rows() * width);
      for (int i = 0; i < found.length; i++) {
        int token = i / 2;
        int from = i / width * batch.columns();
        double expected =
            spans
                ? table[(int) batch.inputIds()[token] * width + i % 2]
                : mean(table, batch, from, i % width);
        assertThat((double) found[i]).as("value %d", i).isCloseTo(expected, within(1e-5));
      }
    }
  }

  private static double mean(float[] table, Batch batch, int from, int at) {
    double sum = 0;
    for (int token = from; token < from + batch.columns(); token++) {
      sum += table[(int) batch.inputIds()[token] * TinyScript.WIDTH + at];
    }
    return sum / batch.columns();
  }

  @Test
  @DisplayName("two names of one parameter are one parameter, and stay one")
  void shared() {
    SortedMap<String, Tensor> tensors = TinyScript.parameters(CLASSES, SEED);
    Path file =
        TinyScript.write(
            directory.resolve("shared.pt"),
            tensors,
            Map.of("decoder.weight", "embeddings.weight"),
            TinyScript.forward("input_ids", "attention_mask"));
    TorchScript tied = new TorchScript(file, ScriptSignature.inputs(file));
    try (ScriptNetwork network = ScriptNetwork.open(tied)) {
      assertThat(network.tensors()).hasSize(tensors.size()).doesNotContainKey("embeddings.weight");
      assertThat(network.tensors()).containsKey("decoder.weight");
    }
  }

  @Test
  @DisplayName("a head for another number of classes is refused before anything is trained")
  void otherHead() {
    TransformerWeights weights =
        new TransformerWeights(script, TinyScript.parameters(CLASSES, SEED));
    assertThatThrownBy(
            () -> new ScriptTools().check(weights, new Head.Classification(List.of("a", "b", "c"))))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("tiny.pt")
        .hasMessageContaining("(2, 2), the task asks for (2, 3): 3 values each");
  }

  @Test
  @DisplayName("a program that fails is told of with libtorch's reason and the inputs it was given")
  void fails() {
    Path file =
        TinyScript.write(
            directory.resolve("fails.pt"),
            TinyScript.parameters(CLASSES, SEED),
            Map.of(),
            """
              def forward(self: __torch__.Tiny, input_ids: Tensor) -> Tensor:
                return torch.linear(self.embeddings.weight, self.out.weight, self.out.bias)
            """);
    TorchScript broken = new TorchScript(file, ScriptSignature.inputs(file));
    try (ScriptNetwork network = ScriptNetwork.open(broken)) {
      assertThatThrownBy(() -> network.logits(Batch.of(EXAMPLES.examples())))
          .isInstanceOf(ProblemException.class)
          .hasMessageContaining("fails.pt")
          .hasMessageContaining("its forward fails: ")
          .hasMessageContaining("[INPUT_IDS]");
    }
  }

  @Test
  @DisplayName("a file that libtorch does not load is refused")
  void broken() throws Exception {
    Path file = directory.resolve("cut.pt");
    byte[] whole = Files.readAllBytes(script.file());
    Files.write(file, java.util.Arrays.copyOf(whole, whole.length / 2));
    assertThatThrownBy(() -> ScriptNetwork.open(new TorchScript(file, script.inputs())))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("cut.pt")
        .hasMessageContaining("libtorch does not load it: ");
  }

  private static void assertSame(Map<String, Tensor> found, Map<String, Tensor> expected) {
    assertThat(found.keySet()).isEqualTo(expected.keySet());
    expected.forEach(
        (name, tensor) -> {
          assertThat(found.get(name).shape()).as(name).isEqualTo(tensor.shape());
          assertThat(found.get(name).values()).as(name).isEqualTo(tensor.values());
        });
  }

  /** The program of {@link TinyScript}, written down again. */
  private static final class PlainTiny {
    private PlainTiny() {}

    static double[][] logits(Map<String, Tensor> tensors, Batch batch) {
      return run(wide(tensors), batch);
    }

    private static Map<String, double[]> wide(Map<String, Tensor> tensors) {
      Map<String, double[]> values = new TreeMap<>();
      tensors.forEach(
          (name, tensor) -> {
            double[] wide = new double[tensor.values().length];
            for (int i = 0; i < wide.length; i++) {
              wide[i] = tensor.values()[i];
            }
            values.put(name, wide);
          });
      return values;
    }

    /** dL/dw by central differences. */
    static double slope(Map<String, Tensor> tensors, String name, int index, Batch batch) {
      double step = 1e-4;
      Map<String, double[]> values = wide(tensors);
      double[] changed = values.get(name);
      changed[index] += step;
      double above = loss(run(values, batch), batch);
      changed[index] -= 2 * step;
      return (above - loss(run(values, batch), batch)) / (2 * step);
    }

    private static double loss(double[][] logits, Batch batch) {
      double sum = 0;
      for (int row = 0; row < logits.length; row++) {
        double all = 0;
        for (double logit : logits[row]) {
          all += Math.exp(logit);
        }
        int label = ((Target.Label) batch.targets().get(row)).index();
        sum += Math.log(all) - logits[row][label];
      }
      return sum / logits.length;
    }

    private static double[][] run(Map<String, double[]> values, Batch batch) {
      double[] embeddings = values.get("embeddings.weight");
      double[] kernel = values.get("conv.weight");
      double[] out = values.get("out.weight");
      int channels = TinyScript.CHANNELS;
      int width = TinyScript.WIDTH;
      int classes = values.get("out.bias").length;
      double[][] logits = new double[batch.rows()][classes];
      for (int row = 0; row < batch.rows(); row++) {
        double[] mean = new double[channels];
        double tokens = 0;
        for (int column = 0; column < batch.columns(); column++) {
          long kept = batch.attentionMask()[row * batch.columns() + column];
          tokens += kept;
          for (int c = 0; c < channels; c++) {
            double sum = values.get("conv.bias")[c];
            for (int k = 0; k < 3; k++) {
              int at = column + k - 1;
              boolean inside = at >= 0 && at < batch.columns();
              boolean read = inside && batch.attentionMask()[row * batch.columns() + at] == 1;
              for (int w = 0; w < width && read; w++) {
                int id = (int) batch.inputIds()[row * batch.columns() + at];
                sum += embeddings[id * width + w] * kernel[(c * width + w) * 3 + k];
              }
            }
            mean[c] += kept * Math.max(0, sum);
          }
        }
        for (int k = 0; k < classes; k++) {
          logits[row][k] = values.get("out.bias")[k];
          for (int c = 0; c < channels; c++) {
            logits[row][k] += out[k * channels + c] * mean[c] / tokens;
          }
        }
      }
      return logits;
    }
  }
}
