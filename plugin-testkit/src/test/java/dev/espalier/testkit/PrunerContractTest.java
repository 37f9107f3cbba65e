package dev.espalier.testkit;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The contract finds the promise that each faulty pruner breaks. */
final class PrunerContractTest {
  static Stream<Arguments> faults() {
    return Stream.of(
        fault("nowhere_to_be_found", PrunerContract::isDiscoverableThroughServiceLoader),
        fault("namesake", PrunerContract::isDiscoverableThroughServiceLoader),
        fault("declares_twice", PrunerContract::describesItselfCompletely),
        fault("swallows_nan", PrunerContract::letsNaNBeReported),
        fault("changes_scores", PrunerContract::doesNotChangeItsInputs),
        fault("allocates", PrunerContract::returnsScratchOrAnInput),
        fault("leaves_gaps", PrunerContract::writesEveryElementOfScratch),
        fault("leaves_gaps", PrunerContract::writesEveryElementOfTheScoreGradient),
        fault("remembers", PrunerContract::keepsNoStateBetweenMatrices),
        fault("remembers", PrunerContract::keepsASubsetWhenSparser),
        fault("starts_anyhow", PrunerContract::startsFromFiniteScores),
        fault("starts_anyhow", PrunerContract::givesTheSameScoresAndMaskForTheSameSeed));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("faults")
  void finds(String name, Consumer<PrunerContract> promise) {
    PrunerContract contract = new PrunerContract(name) {};
    assertThatThrownBy(() -> promise.accept(contract)).isInstanceOf(AssertionError.class);
  }

  private static Arguments fault(String name, Consumer<PrunerContract> promise) {
    return arguments(name, promise);
  }
}
