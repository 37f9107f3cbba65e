package dev.espalier.tuner.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class EnvironmentTest {
  @Test
  void people_read_a_line_for_each_fact_and_values_in_one_column() {
    Map<String, String> libraries = Map.of("onnxruntime", "1.2.3");

    List<String> lines =
        Environment.describe(
            libraries,
            Environment.machine(
                libraries, List.of("model name\t: A CPU", "flags\t\t: sse4 avx512_vnni")));

    assertThat(lines).hasSize(5).first().isEqualTo("onnxruntime  1.2.3");
    assertThat(lines).allMatch(line -> line.matches("[a-z ]{13}\\S.*"));
    assertThat(lines.get(3)).matches("cpu          A CPU, cores: [0-9]+, VNNI: yes");
    assertThat(lines.get(4)).matches("memory       [0-9]+\\.[0-9] GiB");
  }

  @Test
  void a_cpu_that_says_nothing_of_itself_is_unknown() {
    assertThat(Environment.describe(Map.of(), Environment.machine(Map.of(), List.of())))
        .anyMatch(line -> line.matches("cpu +unknown, cores: [0-9]+, VNNI: unknown"));
  }
}
