package dev.espalier.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.espalier.api.problem.ProblemException;
import dev.espalier.archive.StoredMasks.Method;
import dev.espalier.core.model.Tensor;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Masks by hand, one case for each method. */
class StoredMasksTest {
  @ParameterizedTest(name = "{0} {1}: weights {2}, scores {3} -> {4}")
  @CsvSource({
    "topK, 0.5, 1 2 3 4, 0.1 -5 0.3 0.2, 0 0 3 4",
    // floor(0.6 * 4) = 2
    "topK, 0.6, 1 2 3 4, 0.1 -5 0.3 0.2, 0 0 3 4",
    // signed scores, not magnitudes; ties: the first
    "topK, 0.5, 1 2 3 4, 0 0 0 -9, 1 2 0 0",
    "topK, 0, 1 2 3 4, 0 0 0 0, 0 0 0 0",
    "topK, 1, 1 2 3 4, 0 0 0 0, 1 2 3 4",
    "magnitude, 0.5, 1 -4 3 2, 9 0 0 9, 0 -4 3 0",
    // strictly above
    "threshold, 0.2, 1 2 3 4, 0.2 0.3 -1 5, 0 2 0 4",
    // sigma(S) > 0.1, that is S > -2.1972
    "sigmoied_threshold, 0.1, 1 2 3 4, -2.19 -2.2 0 -9, 1 0 3 0",
    // too few: the floor of n_min = floor(0.005 * 4) + 1 = 1
    "threshold, 9, 1 2 3 4, 0.2 0.3 -1 5, 0 0 0 4",
    "sigmoied_threshold, 0.99, 1 2 3 4, 0.2 0.3 -1 4, 0 0 0 4",
    // gate(0) = 0.5, gate(-ln 11) = 0, gate(ln 11) = 1
    "l0, 0, 2 2 2 2, 0 -2.3979 2.3979 -9, 1 0 2 0",
  })
  @DisplayName("applied masks")
  void applied(String method, double threshold, String weights, String scores, String expected) {
    SortedMap<String, Tensor> tensors = new TreeMap<>();
    tensors.put("a.weight", Tensor.matrix(2, 2, floats(weights)));
    tensors.put("a.bias", Tensor.vector(0, 5));
    tensors.put("a.mask_scores", Tensor.matrix(2, 2, floats(scores)));

    SortedMap<String, Tensor> applied =
        new StoredMasks(Method.named(method), threshold).applied(tensors);

    assertThat(applied).containsOnlyKeys("a.weight", "a.bias");
    assertThat(applied.get("a.weight").values())
        .containsExactly(floats(expected), Offset.offset(1e-5f));
    assertThat(applied.get("a.bias")).isSameAs(tensors.get("a.bias"));
  }

  @ParameterizedTest
  @CsvSource({
    "topK, 1.5",
    "topK, NaN",
    "magnitude, -0.1",
    "sigmoied_threshold, 0",
    "threshold, NaN"
  })
  @DisplayName("a threshold out of range is refused")
  void range(String method, double threshold) {
    assertThatThrownBy(() -> new StoredMasks(Method.named(method), threshold))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("final_threshold is " + threshold);
  }

  @Test
  @DisplayName("an unknown method is refused with the list")
  void unknown() {
    assertThatThrownBy(() -> Method.named("topp"))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("topp")
        .hasMessageContaining("sigmoied_threshold");
  }

  @Test
  @DisplayName("scores without weights, or of another shape, are refused")
  void strayScores() {
    SortedMap<String, Tensor> tensors = new TreeMap<>();
    tensors.put("a.mask_scores", Tensor.vector(1));
    assertThatThrownBy(() -> new StoredMasks(Method.TOPK, 1).applied(tensors))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("a.mask_scores ranks a.weight");
  }

  private static float[] floats(String text) {
    List<String> words = List.of(text.trim().split(" "));
    float[] floats = new float[words.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = Float.parseFloat(words.get(i));
    }
    return floats;
  }
}
