package dev.espalier.tuner.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.core.data.TaskSource.TaskData;
import dev.espalier.tuner.run.QuantizationRun.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code espalier quantize} leaves at {@code -o}, and when. */
final class QuantizationRunTest {
  @TempDir Path folder;
  private final Fakes fakes = new Fakes();
  private final List<String> told = new ArrayList<>();

  /** Each attempt of the fall-back was once written to the target: a kill left one of them. */
  @Test
  void the_target_appears_once_it_is_judged() throws IOException {
    Path target = folder.resolve("out/int8.onnx");
    fakes.accuracyOfInt8 = (value, floats) -> floats.isEmpty() ? 0.1 : value;
    fakes.errors.put("second/MatMul", 0.001);

    Outcome outcome =
        run(
            target,
            line -> {
              told.add(line);
              assertThat(target).as(line).doesNotExist();
            });

    assertThat(told).hasSizeGreaterThan(2);
    assertThat(outcome.verdict().met()).isTrue();
    assertThat(files(target.getParent())).containsExactly("int8.onnx");
  }

  @ParameterizedTest
  @ValueSource(strings = {"quantize", "evaluate", "latency"})
  void a_failure_leaves_nothing(String stage) throws IOException {
    Path target = Files.createDirectory(folder.resolve("out")).resolve("int8.onnx");
    fakes.failsAt = stage;
    fakes.failure = ProblemException.of(ProblemKind.ENVIRONMENT, "no more memory", null);

    assertThatThrownBy(() -> run(target, told::add)).isSameAs(fakes.failure);

    assertThat(files(target.getParent())).isEmpty();
  }

  private Outcome run(Path target, java.util.function.Consumer<String> tell) throws IOException {
    Path source = Files.writeString(folder.resolve("model.onnx"), "x".repeat(1000));
    TaskData data = fakes.load(null, new byte[0]);
    return new QuantizationRun(
            Fakes.configuration(folder, "quantization.strategy.name=mse"), fakes.services(), tell)
        .run(source, target, data);
  }

  private static List<String> files(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.map(file -> file.getFileName().toString()).toList();
    }
  }
}
