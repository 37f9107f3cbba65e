package dev.espalier.onnxruntime.bert;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.espalier.api.data.Batch;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.data.Head;
import dev.espalier.core.model.BertArchitecture;
import dev.espalier.core.model.PretrainedModel;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.core.quantization.QuantizationPlan;
import dev.espalier.core.quantization.QuantizationPlan.Format;
import dev.espalier.onnxruntime.Examples;
import dev.espalier.onnxruntime.OrtTools;
import dev.espalier.onnxruntime.measure.OrtMeter;
import dev.espalier.onnxruntime.quantize.Quantizer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The model that Maven delivers, through import, export and quantization. */
class MiniLmRoundTripTest {
  private static final EncodedSet SENTENCES = Examples.random(32, 96, 30_522);

  @TempDir static Path directory;
  private static PretrainedModel model;

  @BeforeAll
  static void load() {
    model = new ClasspathModels().load("all-minilm-l6-v2");
  }

  @Test
  void importsArchitectureAndSources() {
    assertThat(model.weights().architecture())
        .isEqualTo(new BertArchitecture(30_522, 384, 6, 12, 1_536, 512, 2, 1e-12, 0.1, 0.1));
    assertThat(model.weights().tensors()).hasSize(5 + 6 * 16 + 2);
    assertThat(model.weights().size()).isEqualTo(22_713_216);
    assertThat(model.sha256())
        .isEqualTo("ca46f1a88a9c6e61b918af1ab38be3e7903b986616551f0a6f10a7ecc5730cd4");
    assertThat(model.tokenizerJson()).hasSize(711_661);
  }

  @Test
  void hiddenStatesEqualThoseOfTheOriginal() throws Exception {
    Path original = directory.resolve("original.onnx");
    copyOriginal(original);
    Path exported = directory.resolve("encoder.onnx");
    BertOnnxExporter.exportEncoder(model.weights(), exported);

    Batch batch = Batch.of(SENTENCES.examples());
    float[][][] expected = run(original, "output_0", batch);
    float[][][] actual = run(exported, "last_hidden_state", batch);
    double worst = 0;
    for (int row = 0; row < batch.rows(); row++) {
      int length = SENTENCES.examples().get(row).length();
      for (int token = 0; token < length; token++) {
        worst =
            Math.max(
                worst,
                Examples.maxDifference(
                    new float[][] {expected[row][token]}, new float[][] {actual[row][token]}));
      }
    }
    assertThat(worst).isLessThan(1e-4);
  }

  @Test
  void int8IsAQuarterOfTheSizeAndAnswersAlike() throws IOException {
    Path fp32 = directory.resolve("model.onnx");
    Path int8 = directory.resolve("model.int8.onnx");
    OrtTools tools = new OrtTools();
    tools.export(
        withClassifier(model.weights()),
        new Head.Classification(List.of("negative", "positive")),
        fp32);
    new Quantizer(QuantizationPlan.of(Format.DYNAMIC)).quantize(fp32, int8, Map.of());

    assertThat((double) Files.size(int8) / Files.size(fp32)).isLessThan(0.26);
    assertThat(tools.fusedOperators(fp32))
        .isEqualTo(
            Map.of("SkipLayerNormalization", 13, "BiasGelu", 6, "FusedMatMul", 6, "FusedGemm", 1));
    assertThat(tools.fusedOperators(int8))
        .isEqualTo(
            Map.of(
                "SkipLayerNormalization", 13,
                "Gelu", 6, // its bias goes into the product before it
                "FusedMatMul", 6,
                "MatMulIntegerToFloat", 18, // queries, keys and values share an activation
                "DynamicQuantizeMatMul", 19));
    OrtMeter meter = new OrtMeter();
    assertThat(
            Examples.maxDifference(
                meter.logits(fp32, SENTENCES, 2), meter.logits(int8, SENTENCES, 2)))
        .isLessThan(0.05);
  }

  private static TransformerWeights withClassifier(TransformerWeights weights) {
    Random random = new Random(5);
    float[] classifier = new float[2 * 384];
    for (int i = 0; i < classifier.length; i++) {
      classifier[i] = (float) (random.nextGaussian() * 0.05);
    }
    TreeMap<String, Tensor> tensors = new TreeMap<>(weights.tensors());
    tensors.put("classifier.weight", Tensor.matrix(2, 384, classifier));
    tensors.put("classifier.bias", Tensor.vector(0.1f, -0.1f));
    return new TransformerWeights(weights.architecture(), tensors);
  }

  private static void copyOriginal(Path file) throws IOException {
    try (InputStream in = MiniLmRoundTripTest.class.getResourceAsStream("/all-minilm-l6-v2.onnx")) {
      Files.copy(in, file);
    }
  }

  private static float[][][] run(Path file, String output, Batch batch) throws OrtException {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        OrtSession session = environment.createSession(file.toString(), options);
        OnnxTensor ids = tensor(environment, batch, batch.inputIds());
        OnnxTensor mask = tensor(environment, batch, batch.attentionMask());
        OnnxTensor types = tensor(environment, batch, batch.tokenTypeIds());
        OrtSession.Result result =
            session.run(
                Map.of("input_ids", ids, "attention_mask", mask, "token_type_ids", types))) {
      return (float[][][]) result.get(output).orElseThrow().getValue();
    }
  }

  private static OnnxTensor tensor(OrtEnvironment environment, Batch batch, long[] values)
      throws OrtException {
    return OnnxTensor.createTensor(
        environment, LongBuffer.wrap(values), new long[] {batch.rows(), batch.columns()});
  }
}
