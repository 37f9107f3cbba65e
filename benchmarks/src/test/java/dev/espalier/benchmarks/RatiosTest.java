package dev.espalier.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class RatiosTest {
  private final Ratios ratios = new Ratios();

  @Test
  void a_variant_is_compared_with_the_first_one_of_the_same_round() {
    ratios.add("dense", List.of(100.0, 102.0, 98.0));
    ratios.add("pruned", List.of(110.0));
    ratios.add("dense", List.of(200.0)); // the machine has become slow
    ratios.add("pruned", List.of(210.0, 230.0));

    assertThat(ratios.of("dense")).containsExactly(1.0, 1.0);
    assertThat(ratios.of("pruned")).containsExactly(1.1, 1.1);
    assertThat(ratios.table()).contains("pruned                 165.0 ms    1.100    1.100..1.100");
  }

  @Test
  void the_median_of_an_even_count_is_the_mean_of_the_middle() {
    assertThat(Ratios.median(List.of(5.0, 1.0, 3.0))).isEqualTo(3);
    assertThat(Ratios.median(List.of(8.0, 1.0, 3.0, 5.0))).isEqualTo(4);
  }
}
