package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.config.ConfigurationLoader;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.tuner.prepare.Preflight;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Advice to {@code --set} something works: a file that follows all of it is valid. */
class LpotAdviceTest {
  private static final Path FILES = Path.of("../config-lpot/src/test/resources/lpot");
  private static final Pattern ADVISED = Pattern.compile("--set ('([^']+)'|([^\\s']*[^\\s'.,;]))");

  /** What LPOT takes from Python code, which is no mistake of the file. */
  private static final List<String> LACKING =
      List.of("model.checkpoint=all-minilm-l6-v2", "data.task=sentiment-twin");

  private static final List<String> LACKING_OF_STS_B =
      List.of(
          "model.checkpoint=all-minilm-l6-v2",
          "data={task: sts-b, train: train.tsv, evaluation: dev.tsv}");

  private static final Preflight PREFLIGHT = Services.names(Plugins.in(null));

  @TempDir Path folder;

  static Stream<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(FILES)) {
      return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList().stream();
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  @DisplayName("the advice that a file gets works")
  void files(Path file) throws IOException {
    List<Problem> left = follow(file);
    // The others are real files; what is left of them has no --set that stands for it.
    if (Integer.parseInt(file.getFileName().toString().substring(0, 2)) > 15) {
      assertThat(left).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "quantization: {approach: quant_aware_training}",
        "quantization: {approach: post_training_auto_quant}",
        "quantization: {recipes: {first_conv_or_matmul_quantization: false}}",
        "quantization: {recipes: {weight_correction: true}}",
        "quantization: {advance: {bias_correction: weight_empirical}}",
        "quantization: {model_wise: {weight: {scheme: [asym]}}}",
        "quantization: {optype_wise: {MatMul: {weight: {dtype: [bf16]}}}}",
        "quantization: {op_wise: {MatMul_12: {weight: {dtype: [fp32]}}}}",
        "quantization: {train: {epoch: 1}}",
        "model: {framework: onnxrt_integerops}, quantization: {approach: post_training_static_quant}",
        "evaluation: {accuracy: {metric: {GLUE: {task: sts-b}}}}",
        "evaluation: {accuracy: {metric: {topk: 5}}}",
        "evaluation: {accuracy: {metric: {topk: 1, F1: {}}}}",
        "evaluation: {accuracy: {multi_metrics: {MSE: {}, topk: 1}}}",
        "pruning: {train: {optimizer: {SGD: {learning_rate: 0.1}}}}",
        "pruning: {train: {epoch: 2, iteration: 50}, {C}: {start_step: 10, end_step: 200, target_sparsity: 0.5, {P}}}",
        "pruning: {train: {start_epoch: 2, end_epoch: 6}, {C}: {start_epoch: 2, end_epoch: 7, target_sparsity: 0.5, {P}}}",
        "pruning: {{C}: {start_step: 10, end_step: 200, target_sparsity: 0.5, {P}}}",
        "pruning: {train: {warmup: 10}, {C}: {start_epoch: 0, end_epoch: 4, target_sparsity: 0.5, {P}}}",
        "pruning: {{C}: {target_sparsity: 0.99, max_sparsity_ratio_per_layer: 0.98, {P}}}",
        "pruning: {{C}: {prune_domain: global, target_sparsity: 0.5, max_sparsity_ratio_per_layer: 0.98, {P}}}",
        "pruning: {{C}_pytorch: {max_sparsity_ratio_per_layer: 0.9, target_sparsity: 0.8, {P}}}",
        "pruning: {{C}: {pattern: '2:4', target_sparsity: 0.9, {P}}}",
        "pruning: {{C}: {excluded_names: ['(a|b)+'], target_sparsity: 0.9, {P}}}",
        "pruning: {{C}: {target_sparsity: 0.9, pruners: [{prune_type: gradient_sensitivity,"
            + " parameters: {target: 8, stride: 64}}]}}}",
        "pruning: {{C}: {target_sparsity: 0.9, pruners: [{prune_type: group_lasso,"
            + " parameters: {alpha: 0.1, pattern: tile_pattern_4x1}}]}}}",
        "pruning: {{C}: {target_sparsity: 0.9, pruners: [{names: [a]}, {names: [b]}]}}}",
      })
  @DisplayName("the advice about a single piece works")
  void pieces(String piece) throws IOException {
    String written =
        piece
            .replace("{C}", "approach: {weight_compression")
            .replace("{P}", "pruners: [{prune_type: basic_magnitude}]}");
    String model = "model: {framework: pytorch";
    String whole =
        written.startsWith("model: {")
            ? written.replaceFirst("model: \\{", "model: {name: x, ")
            : model + ", name: x}, " + written;
    assertThat(follow(Files.writeString(folder.resolve("piece.yaml"), "{" + whole + "}\n")))
        .isEmpty();
  }

  /** Follows the first advice of each problem until there is none; the problems that are left. */
  private static List<Problem> follow(Path file) throws IOException {
    boolean similarity = Files.readString(file).contains("task: sts-b");
    List<String> followed = new ArrayList<>(similarity ? LACKING_OF_STS_B : LACKING);
    while (true) {
      List<Problem> problems = problems(file, followed);
      List<String> advised =
          problems.stream().flatMap(problem -> advised(problem).stream()).distinct().toList();
      if (advised.isEmpty()) {
        return problems;
      }
      assertThat(advised)
          .as("followed in vain: %s", problems)
          .doesNotContainAnyElementsOf(followed);
      followed.addAll(advised);
    }
  }

  private static List<String> advised(Problem problem) {
    Matcher matcher = ADVISED.matcher(String.valueOf(problem.advice()));
    return matcher.find()
        ? List.of(matcher.group(2) == null ? matcher.group(3) : matcher.group(2))
        : List.of();
  }

  private static List<Problem> problems(Path file, List<String> assignments) {
    try {
      ResolvedConfiguration unused =
          new ConfigurationLoader().load(List.of(file), assignments, Map.of(), PREFLIGHT);
      return List.of();
    } catch (ProblemException e) {
      return e.problems();
    }
  }
}
