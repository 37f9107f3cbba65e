package dev.espalier.config.lpot;

import com.fasterxml.jackson.databind.JsonNode;
import dev.espalier.api.problem.Suggestions;
import java.util.List;
import java.util.Map;

/** {@code model}, and the sections of LPOT that have no counterpart here. */
final class ModelRules {
  private static final String FRAMEWORK = "model.framework";
  private static final List<String> ELSEWHERE =
      List.of("tensorflow", "tensorflow_itex", "inteltensorflow", "mxnet");

  private static final List<String> FRAMEWORKS =
      List.of(
          "pytorch",
          "pytorch_fx",
          "pytorch_ipex",
          "onnxrt_integerops",
          "onnxrt_qlinearops",
          "onnxrt_qoperator",
          "onnxrt_qdq",
          "onnxrt_qdqops");

  private static final Map<String, String> NOT_DONE =
      Map.of(
          "graph_optimization", "conversion to bf16",
          "mixed_precision", "conversion to bf16 or fp16",
          "model_conversion", "conversion of a model trained for quantization",
          "auto_distillation", "automatic distillation",
          "nas", "architecture search",
          "train", "training that prunes, distils and quantizes in one");

  private final LpotTree tree;

  ModelRules(LpotTree tree) {
    this.tree = tree;
  }

  void apply() {
    framework();
    NOT_DONE.forEach(
        (section, what) -> {
          if (tree.take(section) != null) {
            tree.wrong(section, what + " is not supported", "Remove the section.");
          }
        });
    if (tree.take("distillation.train") != null) {
      tree.wrong(
          "distillation.train",
          "distillation in LPOT's form is not supported",
          "Say it as distillation: {teacher: baseline, temperature: 2, alpha_distil: 0.9, alpha_ce:"
              + " 0.1}, without train.");
      if (tree.keys("distillation").isEmpty()) {
        tree.take("distillation");
      }
    }
  }

  private void framework() {
    String name = tree.text(FRAMEWORK);
    if (name == null) {
      JsonNode other = tree.take(FRAMEWORK);
      if (other != null) {
        tree.wrong(FRAMEWORK, "must be a text, found " + LpotTree.show(other), null);
      }
    } else if (name.startsWith("pytorch") && FRAMEWORKS.contains(name)) {
      tree.take(FRAMEWORK);
      tree.line(
          FRAMEWORK,
          "framework " + name,
          "training by DJL's PyTorch engine, then ONNX: the exported file is measured");
    } else if (name.equals("NA")) {
      tree.unused(FRAMEWORK, "there is one engine: DJL's PyTorch");
    } else if (ELSEWHERE.contains(name)) {
      tree.take(FRAMEWORK);
      tree.wrong(
          FRAMEWORK,
          "models of " + name + " cannot be trained here, only those of PyTorch",
          "Maybe framework: pytorch is meant, with a model.checkpoint of the same model.");
    } else if (!FRAMEWORKS.contains(name)) {
      tree.take(FRAMEWORK);
      tree.wrong(
          FRAMEWORK,
          "must be one of " + String.join(", ", FRAMEWORKS) + ", found " + name,
          Suggestions.advice(name, FRAMEWORKS));
    }
    // onnxrt_* says how to quantize: QuantizationRules takes it.
  }
}
