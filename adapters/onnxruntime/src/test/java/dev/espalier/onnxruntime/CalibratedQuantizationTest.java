package dev.espalier.onnxruntime;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.config.Configuration.FallBackStrategy;
import dev.espalier.core.model.BertNames;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.core.quantization.QuantizationPlan;
import dev.espalier.core.quantization.QuantizationPlan.Blocks;
import dev.espalier.core.quantization.QuantizationPlan.Calibration;
import dev.espalier.core.quantization.QuantizationPlan.Format;
import dev.espalier.core.quantization.QuantizationPlan.OperatorRule;
import dev.espalier.core.quantization.QuantizationPlan.Recipes;
import dev.espalier.core.quantization.QuantizedModel;
import dev.espalier.core.quantization.QuantizedModel.Operator;
import dev.espalier.onnxruntime.bert.BertOnnxExporter;
import dev.espalier.onnxruntime.graph.OnnxFiles;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import dev.espalier.onnxruntime.measure.OrtMeter;
import dev.espalier.onnxruntime.measure.OrtSessions;
import dev.espalier.tuner.result.Criterion;
import dev.espalier.tuner.result.LossLimit;
import dev.espalier.tuner.result.Verdict;
import dev.espalier.tuner.run.FallBack;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A model with one matrix that int8 ruins when it has a single scale: a weight of 500 that
 * multiplies nothing but zeros, so that the float model does not notice it.
 */
final class CalibratedQuantizationTest {
  private static final String SPOILT = "/encoder/layer.1/output/dense/MatMul";

  @TempDir Path folder;
  private final EncodedSet examples = Examples.random(24, 20, TinyBert.VOCABULARY);
  private Path fp32;

  @BeforeEach
  void export() {
    fp32 = folder.resolve("model.onnx");
    BertOnnxExporter.exportClassifier(spoilt(), List.of("no", "yes"), fp32);
  }

  @ParameterizedTest
  @EnumSource(value = Format.class, names = "WEIGHT_ONLY", mode = EnumSource.Mode.EXCLUDE)
  @DisplayName("the one operator that int8 ruins is found by its error, and goes back to float")
  void fallsBack(Format format) throws Exception {
    QuantizationPlan plan = plan(format);
    Path int8 = folder.resolve("int8.onnx");
    CalibratedQuantization prepared = new CalibratedQuantization(fp32, plan, examples);

    FallBack.Decision decision =
        FallBack.run(
            FallBackStrategy.MSE, prepared, int8, plan, 8, this::judge, () -> true, said -> {});

    assertThat(prepared.operatorErrors().keySet()).startsWith(SPOILT);
    assertThat(decision.fellBack()).containsExactly(SPOILT);
    assertThat(decision.attempts()).hasSize(2);
    assertThat(judge(int8).verdict().met()).isTrue();
    assertThat(decision.model().notes()).containsEntry("back to float", SPOILT);
    assertThat(operator(decision.model(), SPOILT).isQuantized()).isFalse();
    assertThat(operator(decision.model(), SPOILT).reason()).isEqualTo("kept float");
  }

  @ParameterizedTest
  @EnumSource(value = Format.class, names = "WEIGHT_ONLY", mode = EnumSource.Mode.EXCLUDE)
  @DisplayName("each operator is told with type, precision, error and its share of the file")
  void operators(Format format) throws Exception {
    QuantizationPlan plan = plan(format);
    Path int8 = folder.resolve("int8.onnx");
    QuantizedModel model =
        FallBack.run(
                FallBackStrategy.NONE,
                new CalibratedQuantization(fp32, plan, examples),
                int8,
                plan,
                1,
                this::judge,
                () -> true,
                said -> {})
            .model();

    List<String> names = model.operators().stream().map(Operator::name).toList();
    assertThat(names).doesNotHaveDuplicates().hasSize(3 + 2 * 6 + 2);
    assertThat(names).containsSubsequence("/embeddings/word_embeddings/Gather", SPOILT);
    Operator spoilt = operator(model, SPOILT);
    assertThat(spoilt.precision()).isEqualTo("int8");
    assertThat(spoilt.bytes()).isEqualTo(64 * 32 + 5);
    assertThat(spoilt.share(Files.size(int8))).isBetween(0.01, 0.2);
    assertThat(model.quantized())
        .allSatisfy(
            one ->
                assertThat(one.error())
                    .as(one.name())
                    .isBetween(0.0, one.name().equals(SPOILT) ? 2 : 0.01));
    Operator classifier = operator(model, "/classifier/MatMul");
    assertThat(classifier.precision()).isEqualTo("float32");
    assertThat(classifier.reason()).isEqualTo("fewer than 16 columns");
    double all = model.operators().stream().mapToDouble(one -> one.share(fileSize(int8))).sum();
    assertThat(all).isBetween(0.3, 1.0);
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        // format, rule, operator, precision, reason or the number of its scales
        "DYNAMIC | op_wise /encoder/layer.0/output/dense/MatMul fp32"
            + " | /encoder/layer.0/output/dense/MatMul | float32"
            + " | fp32 by op_wise /encoder/layer.0/output/dense/MatMul",
        "QDQ | op_wise *layer.0.output.dense.weight fp32"
            + " | /encoder/layer.0/output/dense/MatMul | float32"
            + " | fp32 by op_wise *layer.0.output.dense.weight",
        "QDQ | op_wise *layer.0.output.dense.weight fp32"
            + " | /encoder/layer.1/output/dense/MatMul | int8 | 1",
        "QOPERATOR | optype_wise Gather fp32"
            + " | /embeddings/word_embeddings/Gather | float32 | fp32 by optype_wise Gather",
        "DYNAMIC | op_wise *layer.1* per_channel"
            + " | /encoder/layer.1/output/dense/MatMul | int8 | 32",
        "QDQ | op_wise *layer.1* per_channel | /encoder/layer.1/output/dense/MatMul | int8 | 32",
        "QOPERATOR | op_wise *layer.1* per_channel"
            + " | /encoder/layer.0/output/dense/MatMul | int8 | 1",
        "QDQ | optype_wise Gather per_channel | /embeddings/word_embeddings/Gather | int8 | 50",
      })
  @DisplayName("an exception holds for the operators that it names, and for no other")
  void rules(Format format, String rule, String operator, String precision, String expected)
      throws Exception {
    QuantizationPlan plan = plan(format, List.of(rule(rule)));
    Path int8 = folder.resolve("int8.onnx");

    QuantizedModel model = new CalibratedQuantization(fp32, plan, examples).quantize(int8, plan);

    Operator found = operator(model, operator);
    assertThat(found.precision()).isEqualTo(precision);
    if (found.isQuantized()) {
      long elements = operator.contains("word") ? TinyBert.VOCABULARY * 32 : 64 * 32;
      assertThat(found.bytes() - elements).isEqualTo(5L * Integer.parseInt(expected));
    } else {
      assertThat(found.reason()).isEqualTo(expected);
    }
    assertThat(new OrtMeter().outputs(int8, examples, 1).get(0)).hasNumberOfRows(24);
    String name = rule.split(" ", -1)[1];
    if (rule.startsWith("op_wise")) {
      assertThat(model.notes().get("op_wise " + name)).matches("\\d+ nodes?");
    }
  }

  @Test
  @DisplayName("int8 by name holds where the type is not selected, and exclusions hold above all")
  void precedence() {
    List<OperatorRule> rules = List.of(rule("op_wise *layer.0* int8"));
    QuantizationPlan plan =
        plan(Format.DYNAMIC, rules).with(changes -> changes.operatorTypes = Set.of("Gather"));

    QuantizedModel model =
        new CalibratedQuantization(fp32, plan, examples)
            .quantize(
                folder.resolve("int8.onnx"),
                plan.with(
                    changes ->
                        changes.floatNodes = Set.of("/encoder/layer.0/output/dense/MatMul")));

    assertThat(model.quantized())
        .extracting(Operator::name)
        .contains("/encoder/layer.0/intermediate/dense/MatMul")
        .doesNotContain(
            "/encoder/layer.0/output/dense/MatMul", "/encoder/layer.1/output/dense/MatMul");
  }

  @Test
  @DisplayName("an operator's own calibration changes the ranges of its activations alone")
  void algorithm() {
    OperatorRule rule =
        new OperatorRule(Set.of(), List.of("*layer.0/output*"), null, null, Calibration.PERCENTILE);
    OnnxGraph plain = OnnxGraph.of(OnnxFiles.read(quantized(List.of())));
    OnnxGraph other = OnnxGraph.of(OnnxFiles.read(quantized(List.of(rule))));

    List<String> changed = new ArrayList<>();
    for (TensorProto one : plain.toModel().getGraph().getInitializerList()) {
      TensorProto same = other.initializer(one.getName());
      assertThat(same).as(one.getName()).isNotNull();
      if (!same.equals(one)) {
        changed.add(one.getName());
      }
    }
    assertThat(changed).isNotEmpty().allMatch(name -> name.contains("layer.0/intermediate"));
  }

  private Path quantized(List<OperatorRule> rules) {
    QuantizationPlan plan = plan(Format.QDQ, rules);
    Path file = folder.resolve("int8-" + rules.size() + ".onnx");
    QuantizedModel ignored = new CalibratedQuantization(fp32, plan, examples).quantize(file, plan);
    return file;
  }

  @ParameterizedTest(name = "{0}, alpha {1}, bias correction {2}")
  @CsvSource({
    "DYNAMIC, 0.5, false",
    "QDQ, 0.5, true",
    "QOPERATOR, 0.5, false",
    "QDQ, , false",
    "DYNAMIC, , true",
    "QOPERATOR, 0.8, true"
  })
  @DisplayName("recipes change the float model before; names stay what they were")
  void recipes(Format format, Double alpha, boolean biasCorrection) {
    QuantizationPlan plan =
        plan(
            format,
            List.of(rule("op_wise *layer.1.output.dense.weight fp32")),
            new Recipes(true, alpha, biasCorrection),
            Blocks.USUAL);
    Path int8 = folder.resolve("int8.onnx");

    QuantizedModel model = new CalibratedQuantization(fp32, plan, examples).quantize(int8, plan);

    assertThat(operator(model, SPOILT).isQuantized()).isFalse();
    assertThat(model.quantized()).hasSize(2 + 2 * 6 - 1 + 1); // tables, layers without one, pooler
    assertThat(model.notes().get("smooth_quant"))
        .contains(alpha == null ? "alpha [" : "alpha " + alpha);
    assertThat(model.notes().containsKey("fast_bias_correction")).isEqualTo(biasCorrection);
    assertThat(judge(int8).verdict().value()).isLessThan(0.15);
    loadsEverywhere(int8);
  }

  @ParameterizedTest(name = "{0} bits, blocks of {1}, zero points {2}, GPTQ {3}, tables {4}")
  @CsvSource({
    "4, 32, false, false, true",
    "4, 32, true, true, false",
    "8, 64, false, true, true",
    "8, 32, true, false, false"
  })
  @DisplayName("weights alone: matrices in blocks, tables in int8 where they are wanted")
  void weightOnly(int bits, int size, boolean zeros, boolean feedback, boolean tables)
      throws Exception {
    List<OperatorRule> rules = tables ? List.of() : List.of(rule("optype_wise Gather fp32"));
    QuantizationPlan plan =
        plan(Format.WEIGHT_ONLY, rules, Recipes.NONE, new Blocks(bits, size, zeros, feedback));
    Path file = folder.resolve("blocks.onnx");
    CalibratedQuantization prepared = new CalibratedQuantization(fp32, plan, examples);

    QuantizedModel model = prepared.quantize(file, plan);

    Operator found = operator(model, "/encoder/layer.0/output/dense/MatMul");
    assertThat(found.precision()).isEqualTo("int" + bits);
    assertThat(found.bytes())
        .isEqualTo(64 * 32 * bits / 8 + 64 * 32 / size * (4 * 8 + (zeros ? bits : 0)) / 8);
    assertThat(operator(model, "/embeddings/word_embeddings/Gather").precision())
        .isEqualTo(tables ? "int8" : "float32");
    assertThat(prepared.operatorErrors().keySet()).startsWith(SPOILT);
    assertThat(Files.size(file)).isLessThan(Files.size(fp32));
    loadsEverywhere(file);
    QuantizedModel less =
        prepared.quantize(file, plan.with(changes -> changes.floatNodes = Set.of(SPOILT)));
    assertThat(operator(less, SPOILT).reason()).isEqualTo("kept float");
    assertThat(judge(file).verdict().value()).isLessThan(bits == 4 ? 1.5 : 0.15);
  }

  @Test
  @DisplayName("what needs examples says so, and what does not works without")
  void examples() {
    for (Format format : Format.values()) {
      assertThat(plan(format).needsExamples())
          .isEqualTo(format == Format.QDQ || format == Format.QOPERATOR);
    }
    QuantizationPlan plan = plan(Format.WEIGHT_ONLY);
    CalibratedQuantization without = new CalibratedQuantization(fp32, plan, null);
    assertThat(without.quantize(folder.resolve("blocks.onnx"), plan).quantized()).isNotEmpty();
    assertThat(without.operatorErrors()).isEmpty();
    assertThat(
            plan(Format.DYNAMIC, List.of(), new Recipes(true, 0.5, false), Blocks.USUAL)
                .needsExamples())
        .isTrue();
  }

  private static void loadsEverywhere(Path file) {
    for (OptLevel level : OptLevel.values()) {
      new OrtSessions(OrtEnvironment::getEnvironment)
          .open(file, file, options -> options.setOptimizationLevel(level));
    }
  }

  /** A rule in one line: kind, name or type, and what it says. */
  private static OperatorRule rule(String text) {
    String[] parts = text.split(" ", -1);
    boolean byType = parts[0].equals("optype_wise");
    return new OperatorRule(
        byType ? Set.of(parts[1]) : Set.of(),
        byType ? List.of() : List.of(parts[1]),
        parts[2].equals("fp32") ? Boolean.FALSE : parts[2].equals("int8") ? Boolean.TRUE : null,
        parts[2].startsWith("per") ? parts[2].equals("per_channel") : null,
        null);
  }

  private static long fileSize(Path file) {
    return file.toFile().length();
  }

  private static Operator operator(QuantizedModel model, String name) {
    return model.operators().stream()
        .filter(one -> one.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /** Judges by the largest change of a logit. */
  private FallBack.Judged judge(Path file) {
    OrtMeter meter = new OrtMeter();
    double worst =
        Examples.maxDifference(
            meter.outputs(fp32, examples, 1).get(0), meter.outputs(file, examples, 1).get(0));
    Criterion criterion =
        Criterion.of(new LossLimit("difference", false, LossLimit.Kind.ABSOLUTE, 0.05));
    Map<String, Double> metrics = Map.of("difference", worst);
    return new FallBack.Judged(
        metrics, Verdict.judge(criterion, Map.of("difference", 0.0), metrics));
  }

  private static QuantizationPlan plan(Format format) {
    return plan(format, List.of());
  }

  private static QuantizationPlan plan(Format format, List<OperatorRule> rules) {
    return plan(format, rules, Recipes.NONE, Blocks.USUAL);
  }

  private static QuantizationPlan plan(
      Format format, List<OperatorRule> rules, Recipes recipes, Blocks blocks) {
    return new QuantizationPlan(
        format,
        false,
        QuantizationPlan.ReduceRange.NO,
        QuantizationPlan.OPERATOR_TYPES,
        List.of(),
        Set.of(),
        rules,
        Calibration.MINMAX,
        recipes,
        blocks,
        24,
        5,
        1);
  }

  private static TransformerWeights spoilt() {
    TransformerWeights weights = TinyBert.weights(2, 2);
    SortedMap<String, Tensor> tensors = new TreeMap<>(weights.tensors());
    String before = BertNames.layer(1, "intermediate.dense");
    // Gelu of −1000 is 0 whatever the input.
    Tensor bias = tensors.get(before + ".bias");
    float[] silent = bias.values().clone();
    silent[0] = -1000;
    tensors.put(before + ".bias", new Tensor(bias.shape(), silent));
    String name = BertNames.layer(1, "output.dense") + ".weight";
    Tensor matrix = tensors.get(name);
    float[] values = matrix.values().clone();
    values[0] = 500; // row 0, column 0 of [out, in]: input 0 is the silent one
    tensors.put(name, new Tensor(matrix.shape(), values));
    return new TransformerWeights(weights.architecture(), tensors);
  }
}
