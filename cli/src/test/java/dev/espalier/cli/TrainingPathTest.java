package dev.espalier.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** The rule itself: it finds each way to a scalar, and lets arrays pass. */
final class TrainingPathTest {
  @Test
  void findsEveryWayToPassANumber() {
    assertThat(violations(WithNumbers.class))
        .hasSize(7)
        .anyMatch(violation -> violation.contains("NDArray.mul(java.lang.Number)"))
        .anyMatch(violation -> violation.contains("NDArray.addi(java.lang.Number)"))
        .anyMatch(violation -> violation.contains("NDArray.pow(java.lang.Number)"))
        .anyMatch(violation -> violation.contains("NDArray.clip(java.lang.Number"))
        .anyMatch(violation -> violation.contains("NDArray.div(java.lang.Number)"))
        .anyMatch(violation -> violation.contains("NDArray.sub(java.lang.Number)"))
        .anyMatch(violation -> violation.contains("NDArrays.add(java.lang.Number"));
  }

  @Test
  void letsArraysPass() {
    assertThat(violations(WithArrays.class)).isEmpty();
  }

  private static List<String> violations(Class<?> type) {
    return classes()
        .should(TrainingPath.passNoNumberToAnArray())
        .evaluate(new ClassFileImporter().importClasses(type))
        .getFailureReport()
        .getDetails();
  }

  /** What the rule is there to find. Never run. */
  static final class WithNumbers {
    NDArray calls(NDArray x) {
      return NDArrays.add(1, x.mul(0.5f).addi(1).pow(2L).clip(0, 1));
    }

    Function<NDArray, NDArray> lambda() {
      return x -> x.div(2.0);
    }

    Function<Number, NDArray> reference(NDArray x) {
      return x::sub;
    }

    private WithNumbers() {}
  }

  /** The same with arrays. Never run. */
  static final class WithArrays {
    NDArray calls(NDArray x, NDArray half) {
      return NDArrays.add(x, x.mul(half).addi(half).sum(new int[] {0}));
    }

    private WithArrays() {}
  }
}
