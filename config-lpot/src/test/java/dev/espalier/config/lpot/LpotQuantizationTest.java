package dev.espalier.config.lpot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.config.Configuration.ActivationType;
import dev.espalier.config.Configuration.Granularity;
import dev.espalier.config.Configuration.GraphFormat;
import dev.espalier.config.Configuration.OpActivation;
import dev.espalier.config.Configuration.OpTypeWise;
import dev.espalier.config.Configuration.OpWeight;
import dev.espalier.config.Configuration.OpWise;
import dev.espalier.config.Configuration.Quantization;
import dev.espalier.config.Configuration.RangeAlgorithm;
import dev.espalier.config.Configuration.WeightType;
import dev.espalier.config.ConfigurationLoader;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.config.Words;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What LPOT's section {@code quantization} and its ONNX Runtime frameworks mean here. */
class LpotQuantizationTest {
  private static final String DYNAMIC = "approach: post_training_dynamic_quant";
  private static final String STATIC = "approach: post_training_static_quant";

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "onnxrt_integerops, approach: post_training_dynamic_quant, post_training_dynamic_quant, qdq",
    "onnxrt_integerops, calibration: {}, post_training_dynamic_quant, qdq",
    "onnxrt_qlinearops, approach: post_training_static_quant, post_training_static_quant, qoperator",
    "onnxrt_qoperator, calibration: {}, post_training_static_quant, qoperator",
    "onnxrt_qdq, calibration: {}, post_training_static_quant, qdq",
    "pytorch_fx, approach: post_training_static_quant, post_training_static_quant, qdq",
    "pytorch, calibration: {}, post_training_static_quant, qdq",
    "pytorch, approach: post_training_dynamic_quant, post_training_dynamic_quant, qdq",
  })
  @DisplayName("the framework decides approach and format; without one LPOT's default is static")
  void approach(String framework, String section, String approach, String format) {
    Quantization quantization = quantization(framework, section);

    assertThat(Words.of(quantization.approach())).isEqualTo(approach);
    assertThat(Words.of(quantization.format())).isEqualTo(format);
  }

  @Test
  @DisplayName("a framework of ONNX Runtime quantizes without a section quantization, too")
  void noSection() {
    String yaml = file("onnxrt_qlinearops", STATIC).replaceAll("quantization: .*\n", "");

    assertThat(load(yaml).configuration().quantization())
        .isNotNull()
        .extracting(Quantization::format)
        .isEqualTo(GraphFormat.QOPERATOR);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[8, 16, 32] | 8 | [8, 16, 32] -> {K} 8, the first; LPOT tries one after the other",
        "\"8, 16\"   | 8 | 8, 16 -> {K} 8, the first; LPOT tries one after the other",
        "[300]       | 300 | [300] -> {K} 300",
        "300         | 300 | ",
      })
  @DisplayName("of several sizes of the calibration set the first is taken, and this is said")
  void samplingSize(String sizes, int expected, String line) {
    String section = STATIC + ", calibration: {sampling_size: " + sizes + "}";

    assertThat(quantization("pytorch", section).calibration().samplingSize()).isEqualTo(expected);
    assertThat(lines("pytorch", section).stream().filter(each -> each.contains("sampling_size")))
        .isEqualTo(
            line == null
                ? List.of()
                : List.of(
                    "sampling_size "
                        + line.replace("{K}", "quantization.calibration.sampling_size")));
  }

  @Test
  @DisplayName(
      "op_wise by a scope's or a module's name is a glob over nodes or weights; default_qconfig is"
          + " for functions, and names nothing here")
  void opWise() {
    String section =
        DYNAMIC
            + ", op_wise: {bert/encoder/layer_2/output/dense/MatMul: {weight: {dtype: [fp32]}},"
            + " bert.encoder.layer.3.output.dense: {activation: {dtype: [fp32]}},"
            + " default_qconfig: {weight: {granularity: [per_tensor, per_channel]}}}";

    assertThat(quantization("onnxrt_integerops", section).opWise())
        .containsExactly(
            new OpWise(
                List.of("*/encoder/layer.2/output/dense/MatMul"),
                new OpWeight(WeightType.FP32, null),
                new OpActivation(null, null)),
            new OpWise(
                List.of("*encoder.layer.3.output.dense.weight"),
                new OpWeight(null, null),
                new OpActivation(ActivationType.FP32, null)));
  }

  @Test
  @DisplayName("optype_wise has PyTorch's modules and ONNX's operators")
  void optypeWise() {
    String section =
        STATIC
            + ", optype_wise: {Embedding: {weight: {dtype: [fp32]}},"
            + " MatMul: {weight: {dtype: [int8], scheme: [sym], granularity: [per_tensor]},"
            + " activation: {dtype: [uint8], algorithm: [kl]}}}";

    assertThat(quantization("pytorch_fx", section).optypeWise())
        .containsExactly(
            new OpTypeWise(
                List.of("Gather"),
                new OpWeight(WeightType.FP32, null),
                new OpActivation(null, null)),
            new OpTypeWise(
                List.of("MatMul"),
                new OpWeight(WeightType.INT8, Granularity.PER_TENSOR),
                new OpActivation(ActivationType.UINT8, RangeAlgorithm.KL)));
  }

  @Test
  @DisplayName("model_wise with one value, and as a list of what may be tried")
  void modelWise() {
    String section =
        STATIC
            + ", model_wise: {weight: {granularity: per_tensor, dtype: int8, scheme: [sym]},"
            + " activation: {algorithm: [kl, minmax], scheme: asym}}";

    Quantization quantization = quantization("onnxrt_qdq", section);

    assertThat(quantization.modelWise().weight().granularity()).isEqualTo(Granularity.PER_TENSOR);
    assertThat(quantization.modelWise().activation().algorithm()).isEqualTo(RangeAlgorithm.KL);
    assertThat(lines("onnxrt_qdq", section))
        .contains(
            "weight.dtype int8 -> not used: this is how it is done here in any case",
            "activation.algorithm [kl, minmax] ->"
                + " quantization.model_wise.activation.algorithm kl");
  }

  @ParameterizedTest
  @CsvSource({"0, conservative", "1, mse", "auto, mse"})
  @DisplayName("quant_level says whether the search for what stays float begins with float")
  void level(String level, String strategy) {
    assertThat(quantization("pytorch", DYNAMIC + ", quant_level: " + level).strategy().name())
        .extracting(Words::of)
        .isEqualTo(strategy);
  }

  @Test
  @DisplayName("recipes: bias correction is ours, LPOT's defaults are so in any case")
  void recipes() {
    String section =
        STATIC
            + ", recipes: {fast_bias_correction: true, scale_propagation_concat: false,"
            + " first_conv_or_matmul_quantization: true, weight_correction: false}";

    assertThat(quantization("pytorch", section).recipes().fastBiasCorrection()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "onnxrt_qdq | approach: post_training_dynamic_quant | approach: framework onnxrt_qdq stands"
            + " for post_training_static_quant, found post_training_dynamic_quant |"
            + " approach=post_training_static_quant",
        "onnxrt_integerops | approach: post_training_static_quant | approach: framework"
            + " onnxrt_integerops stands for post_training_dynamic_quant, found"
            + " post_training_static_quant | approach=post_training_dynamic_quant",
        "pytorch | approach: quant_aware_training | approach: quant_aware_training is not supported"
            + " | approach=post_training_static_quant",
        "pytorch | approach: post_training_dynamic_quant, train: {epoch: 1} | train:"
            + " quantization-aware training is not supported, found {epoch: 1} |"
            + " approach=post_training_dynamic_quant",
        "pytorch | approach: post_training_static_quant, op_wise: {MatMul_851: {weight: {dtype:"
            + " [fp32]}}} | op_wise: the name MatMul_851 is that of another exporter, and says"
            + " nothing here | op_wise=[]",
        "pytorch | approach: post_training_static_quant, op_wise: {a.b: {weight: {dtype: [bf16]}}} |"
            + " op_wise: what is asked for a.b is not supported, found {weight: {dtype: [bf16]}} |"
            + " op_wise=[]",
        "pytorch | approach: post_training_static_quant, optype_wise: {Linear: {weight: {scheme:"
            + " [asym]}}} | optype_wise: what is asked for Linear is not supported, found {weight:"
            + " {scheme: [asym]}} | optype_wise=[]",
        "pytorch | approach: post_training_static_quant, model_wise: {weight: {scheme: asym}} |"
            + " model_wise.weight.scheme: weights are int8 and symmetric, activations uint8,"
            + " asymmetric and per tensor, found asym | model_wise.weight.granularity=per_channel",
        "pytorch | approach: post_training_static_quant, recipes:"
            + " {first_conv_or_matmul_quantization: false} |"
            + " recipes.first_conv_or_matmul_quantization: what stays float is said by name here,"
            + " found false | excluded_names=[]",
        "pytorch | approach: post_training_static_quant, advance: {bias_correction:"
            + " weight_empirical} | advance: only the mean error of a layer can be taken out of its"
            + " bias, found {bias_correction: weight_empirical} |"
            + " recipes.fast_bias_correction=true",
      })
  @DisplayName("what would change the result is an error until --set decides")
  void undecided(String framework, String section, String message, String decision) {
    String yaml = file(framework, section);

    ProblemException e = catchThrowableOfType(ProblemException.class, () -> load(yaml));

    assertThat(e.problems())
        .extracting(Problem::message)
        .containsExactly("quantization." + message);
    assertThat(e.problems().get(0).toString()).contains("--set ");
    assertThat(load(yaml, "quantization." + decision).configuration().quantization()).isNotNull();
  }

  @Test
  @DisplayName("a misspelled setting of model_wise is named")
  void misspelled() {
    String yaml = file("pytorch", STATIC + ", model_wise: {weight: {granularty: per_tensor}}");

    ProblemException e = catchThrowableOfType(ProblemException.class, () -> load(yaml));

    assertThat(e.problems())
        .singleElement()
        .asString()
        .contains("quantization.model_wise.weight.granularty: there is no such key")
        .contains("\"granularity\"");
  }

  private Quantization quantization(String framework, String section) {
    return Objects.requireNonNull(load(file(framework, section)).configuration().quantization());
  }

  /** What is printed of the file, without the places. */
  private List<String> lines(String framework, String section) {
    return load(file(framework, section)).mappings().stream()
        .map(mapping -> mapping.from() + " -> " + mapping.to())
        .toList();
  }

  private static String file(String framework, String section) {
    return """
        model: {name: bert, framework: %s, checkpoint: all-minilm-l6-v2}
        data: {task: sentiment-twin}
        quantization: {%s}
        tuning: {accuracy_criterion: {relative: 0.01}}
        """
        .formatted(framework, section);
  }

  private ResolvedConfiguration load(String yaml, String... assignments) {
    try {
      Path file = Files.writeString(folder.resolve("lpot.yaml"), yaml);
      return new ConfigurationLoader().load(file, List.of(assignments), Map.of());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
