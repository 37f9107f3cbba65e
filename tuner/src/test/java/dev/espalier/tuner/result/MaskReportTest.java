package dev.espalier.tuner.result;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.core.model.BertArchitecture;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.model.TransformerWeights;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class MaskReportTest {
  private static final String Q = "bert.encoder.layer.0.attention.self.query.weight";

  @Test
  void the_hash_depends_on_where_the_zeros_are_and_on_nothing_else() {
    String hash = report(Tensor.matrix(2, 2, new float[] {1, 0, 2, 0})).sha256();

    assertThat(report(Tensor.matrix(2, 2, new float[] {-5, 0f, 7, -0f})).sha256()).isEqualTo(hash);
    assertThat(report(Tensor.matrix(2, 2, new float[] {0, 1, 2, 0})).sha256()).isNotEqualTo(hash);
    assertThat(report(Tensor.matrix(1, 4, new float[] {1, 0, 2, 0})).sha256()).isNotEqualTo(hash);
  }

  @Test
  void zeros_outside_of_pruned_matrices_count_as_kept() {
    MaskReport report = report(Tensor.matrix(2, 2, new float[] {1, 0, 2, 3}));

    assertThat(report.prunedLayers()).isEqualTo(0.25);
    assertThat(report.encoder()).isEqualTo(1 / 6.0);
    assertThat(report.model()).isEqualTo(0.1);
    assertThat(report.matrices()).containsExactly(new MaskReport.Matrix(Q, 2, 2, 3));
  }

  private static MaskReport report(Tensor query) {
    TreeMap<String, Tensor> tensors = new TreeMap<>();
    tensors.put(Q, query);
    tensors.put("bert.encoder.layer.0.attention.self.query.bias", Tensor.vector(0, 0));
    tensors.put("bert.pooler.dense.weight", Tensor.matrix(2, 2, new float[4]));
    BertArchitecture tiny = new BertArchitecture(1, 2, 1, 1, 2, 8, 2, 1e-12, 0, 0);
    return MaskReport.of(new TransformerWeights(tiny, tensors), List.of(Q));
  }
}
