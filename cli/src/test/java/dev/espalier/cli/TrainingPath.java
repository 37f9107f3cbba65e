package dev.espalier.cli;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;

/**
 * What keeps gradients right in {@code dev.espalier.djl}.
 *
 * <p>DJL hands a scalar's address to libtorch and frees the scalar at once; autograd reads the
 * address again in the backward pass. If the garbage collector ran in between, the gradient is
 * wrong. So scalars are arrays that outlive the backward pass.
 */
final class TrainingPath {
  private static final String PACKAGE = "dev.espalier.djl..";
  private static final String ARRAY = "ai.djl.ndarray.NDArray";
  private static final String ARRAYS = "ai.djl.ndarray.NDArrays";
  private static final String WHY =
      "DJL's scalar arithmetic is a use-after-free under autograd; use an array made by full(...)"
          + " in a manager that outlives the backward pass";

  static final ArchRule NO_SCALAR_ARITHMETIC =
      classes()
          .that()
          .resideInAPackage(PACKAGE)
          .should(passNoNumberToAnArray())
          .because(WHY)
          .allowEmptyShould(true);

  static final ArchRule NO_DJL_LOSSES =
      noClasses()
          .that()
          .resideInAPackage(PACKAGE)
          .should()
          .dependOnClassesThat()
          .resideInAPackage("ai.djl.training.loss..")
          .because(WHY)
          .allowEmptyShould(true);

  private TrainingPath() {}

  /**
   * Neither a call nor a method reference to a method of {@code NDArray} or {@code NDArrays} that
   * takes a {@link Number}: {@code add}, {@code addi}, {@code clip}, {@code pow} and all others, so
   * that the list never lags behind DJL's.
   */
  static ArchCondition<JavaClass> passNoNumberToAnArray() {
    return new ArchCondition<>("pass no Number to a method of NDArray or NDArrays") {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        for (JavaAccess<?> access : type.getAccessesFromSelf()) {
          if (access.getTarget() instanceof CodeUnitAccessTarget target && takesANumber(target)) {
            events.add(SimpleConditionEvent.violated(access, access.getDescription()));
          }
        }
      }
    };
  }

  private static boolean takesANumber(CodeUnitAccessTarget target) {
    boolean ofAnArray =
        assignableTo(ARRAY).test(target.getOwner()) || target.getOwner().getName().equals(ARRAYS);
    return ofAnArray
        && target.getRawParameterTypes().stream()
            .anyMatch(parameter -> parameter.getName().equals(Number.class.getName()));
  }
}
