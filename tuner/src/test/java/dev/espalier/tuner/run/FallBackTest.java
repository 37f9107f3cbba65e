package dev.espalier.tuner.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.config.Configuration.FallBackStrategy;
import dev.espalier.core.quantization.PreparedQuantization;
import dev.espalier.core.quantization.QuantizationPlan;
import dev.espalier.core.quantization.QuantizationPlan.Blocks;
import dev.espalier.core.quantization.QuantizationPlan.Calibration;
import dev.espalier.core.quantization.QuantizationPlan.Format;
import dev.espalier.core.quantization.QuantizationPlan.Recipes;
import dev.espalier.core.quantization.QuantizedModel;
import dev.espalier.core.quantization.QuantizedModel.Operator;
import dev.espalier.tuner.result.Criterion;
import dev.espalier.tuner.result.LossLimit;
import dev.espalier.tuner.result.QuantizationFacts.Attempt;
import dev.espalier.tuner.result.Verdict;
import dev.espalier.tuner.run.FallBack.Decision;
import dev.espalier.tuner.run.FallBack.Judged;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Operators o0, o1, ... of a made-up model, o0 erring most; a file's accuracy falls by 0.1 for each
 * that it must not quantize but does.
 */
class FallBackTest {
  private static final double BASELINE = 0.9;
  private static final QuantizationPlan PLAN =
      new QuantizationPlan(
          Format.DYNAMIC,
          true,
          QuantizationPlan.ReduceRange.NO,
          QuantizationPlan.OPERATOR_TYPES,
          List.of(),
          Set.of(),
          List.of(),
          Calibration.MINMAX,
          Recipes.NONE,
          Blocks.USUAL,
          10,
          1,
          1);

  @TempDir Path folder;
  private final Set<String> culprits = new HashSet<>();
  private final List<Set<String>> quantizedWith = new ArrayList<>();
  private final List<String> told = new ArrayList<>();
  private List<String> types = List.of("MatMul");

  @ParameterizedTest(name = "{0} operators, culprits {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "20 | '' | 1 | ''", // all is well: one evaluation
        "20 | 0 | 2 | 0",
        "20 | 1 | 4 | 1", // 0, 1, 2; then o0 is quantized again
        "20 | 0 1 2 | 5 | 0 1 2", // 0, 1, 2, 4; bisection: 3; o1, o0 needed
        "20 | 4 | 10 | 4", // 0, 1, 2, 4, 8, 6, 5; and then o3, o2, o1, o0 are quantized again
        "3 | 1 | 4 | 1",
      })
  @DisplayName(
      "the worst fall back until the criterion holds, and what need not is quantized again")
  void byError(int operators, String guilty, int atLeast, String expected) {
    blame(guilty);

    Decision decision = run(FallBackStrategy.MSE, operators, 30, true);

    assertThat(decision.fellBack()).containsExactlyInAnyOrderElementsOf(names(expected));
    assertThat(decision.attempts()).hasSizeGreaterThanOrEqualTo(atLeast);
    assertThat(decision.attempts()).hasSizeLessThanOrEqualTo(operators + 1);
    assertThat(decision.metrics()).containsEntry("accuracy", BASELINE);
    assertThat(floatsInFile()).containsExactlyInAnyOrderElementsOf(names(expected));
    assertThat(told).hasSize(decision.attempts().size());
  }

  @Test
  @DisplayName("no more files are evaluated than allowed; the smallest that holds is handed on")
  void budget() {
    blame("4");

    Decision decision = run(FallBackStrategy.MSE, 20, 6, true);

    assertThat(decision.attempts())
        .extracting(Attempt::floatOperators)
        .containsExactly(0, 1, 2, 4, 8, 6);
    assertThat(decision.fellBack()).hasSize(6);
    assertThat(floatsInFile()).hasSize(6);
  }

  @Test
  @DisplayName("what misses the criterion in float is not helped by floats")
  void hopeless() {
    blame("0");

    Decision decision = run(FallBackStrategy.MSE, 20, 30, false);

    assertThat(decision.attempts()).hasSize(1);
    assertThat(decision.fellBack()).isEmpty();
    assertThat(decision.model().notes().get("fall-back")).contains("float model misses");
  }

  @Test
  @DisplayName("when no file meets the criterion the one that misses it least is handed on")
  void leastMissed() {
    blame("0 1 2 3");

    Decision decision = run(FallBackStrategy.MSE, 4, 30, true); // one operator must stay int8

    assertThat(decision.attempts()).extracting(Attempt::met).containsOnly(false);
    assertThat(decision.fellBack()).containsExactly("o0", "o1", "o2");
    assertThat(floatsInFile()).containsExactlyInAnyOrder("o0", "o1", "o2");
    assertThat(decision.model().notes().get("fall-back")).contains("misses it least has 3");
  }

  @Test
  @DisplayName("without a strategy nothing is evaluated, but operators have their errors")
  void none() {
    blame("0");

    Decision decision = run(FallBackStrategy.NONE, 5, 30, true);

    assertThat(decision.attempts()).isEmpty();
    assertThat(decision.metrics()).isNull();
    assertThat(decision.model().operators()).extracting(Operator::error).doesNotContainNull();
    assertThat(floatsInFile()).isEmpty();
  }

  @Test
  @DisplayName("conservative: one type after the other, and only what holds stays quantized")
  void conservative() {
    types = List.of("Gather", "MatMul", "Gemm", "Add");
    blame("2"); // a Gemm

    Decision decision = run(FallBackStrategy.CONSERVATIVE, 8, 30, true);

    assertThat(decision.attempts())
        .extracting(Attempt::met)
        .containsExactly(true, false, true, true);
    assertThat(decision.model().notes().get("fall-back"))
        .isEqualTo("MatMul is quantized, Gemm stays float, Gather is quantized, Add is quantized.");
    assertThat(floatsInFile()).containsExactlyInAnyOrder("o2", "o6");
  }

  private Decision run(FallBackStrategy strategy, int operators, int most, boolean floatMeets) {
    return FallBack.run(
        strategy,
        new Model(operators),
        folder.resolve("int8.onnx"),
        PLAN,
        most,
        this::judge,
        () -> floatMeets,
        told::add);
  }

  private Judged judge(Path file) {
    Set<String> floats = floatsInFile();
    long guilty = culprits.stream().filter(name -> !floats.contains(name)).count();
    double accuracy = BASELINE - 0.1 * guilty;
    Criterion criterion =
        Criterion.of(new LossLimit("accuracy", true, LossLimit.Kind.ABSOLUTE, 0.01));
    Map<String, Double> metrics = Map.of("accuracy", accuracy);
    return new Judged(metrics, Verdict.judge(criterion, Map.of("accuracy", BASELINE), metrics));
  }

  private void blame(String numbers) {
    culprits.addAll(names(numbers));
  }

  private static List<String> names(String numbers) {
    return numbers.isEmpty()
        ? List.of()
        : List.of(numbers.split(" ")).stream().map(number -> "o" + number).toList();
  }

  /** What the file that is there now left float: its content says. */
  private Set<String> floatsInFile() {
    try {
      String content = Files.readString(folder.resolve("int8.onnx")).strip();
      return content.isEmpty() ? Set.of() : Set.of(content.split("\\s+"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A model whose file is the list of its float operators: fewer floats, fewer bytes. */
  private final class Model implements PreparedQuantization {
    private final int operators;

    Model(int operators) {
      this.operators = operators;
    }

    @Override
    public QuantizedModel quantize(Path target, QuantizationPlan plan) {
      quantizedWith.add(plan.floatNodes());
      try {
        Files.writeString(target, String.join(" ", plan.floatNodes()));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return new QuantizedModel(
          Map.of(),
          IntStream.range(0, operators)
              .mapToObj(
                  i -> {
                    String name = "o" + i;
                    boolean kept = plan.floatNodes().contains(name);
                    String type = types.get(i % types.size());
                    return new Operator(name, type, kept ? "float32" : "int8", null, null, 1);
                  })
              .toList());
    }

    @Override
    public Set<String> operatorNames() {
      return Set.of();
    }

    @Override
    public Map<String, Double> operatorErrors() {
      Map<String, Double> errors = new LinkedHashMap<>();
      IntStream.range(0, operators).forEach(i -> errors.put("o" + i, 1.0 / (i + 1)));
      return errors;
    }
  }
}
