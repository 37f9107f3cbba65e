package dev.espalier.tuner.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.espalier.api.pruning.Units;
import dev.espalier.core.model.BertArchitecture;
import dev.espalier.core.model.BertNames;
import dev.espalier.core.training.PrunedMatrix;
import dev.espalier.core.training.UnitGroup;
import dev.espalier.tuner.plan.PruningPattern.Matrix;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A layer of hidden size 4 with two heads and a feed-forward network of width 6. */
final class PruningPatternTest {
  private static final BertArchitecture TINY =
      new BertArchitecture(11, 4, 1, 2, 6, 8, 2, 1e-12, 0, 0);
  private static final List<Matrix> LAYER =
      List.of(
          matrix("attention.output.dense", 4, 4),
          matrix("attention.self.key", 4, 4),
          matrix("attention.self.query", 4, 4),
          matrix("attention.self.value", 4, 4),
          matrix("intermediate.dense", 6, 4),
          matrix("output.dense", 4, 6));

  @Test
  void single_weights_make_a_group_of_each_matrix() {
    List<UnitGroup> groups = PruningPattern.parse("1x1").groups(LAYER, TINY);

    assertThat(groups).hasSize(6).allMatch(UnitGroup::isElementwise);
    assertThat(groups.get(4).units())
        .isEqualTo(new Units("bert.encoder.layer.0.intermediate.dense.weight", 6, 4));
  }

  @Test
  void blocks_make_one_unit_each() {
    UnitGroup intermediate = PruningPattern.parse("2x1").groups(LAYER, TINY).get(4);

    assertThat(intermediate.units().size()).isEqualTo(12);
    assertThat(intermediate.weightsPerUnit()).isEqualTo(2);
  }

  @Test
  void a_row_of_the_first_matrix_goes_with_the_column_that_it_feeds() {
    List<UnitGroup> groups = PruningPattern.parse("ffn_pairs").groups(LAYER, TINY);

    assertThat(groups)
        .containsExactly(
            new UnitGroup(
                "bert.encoder.layer.0.ffn",
                List.of(
                    new PrunedMatrix(name("intermediate.dense"), 6, 4, 1, 4),
                    new PrunedMatrix(name("output.dense"), 4, 6, 4, 1))));
    assertThat(groups.get(0).units().size()).isEqualTo(6);
    assertThat(groups.get(0).weightsPerUnit()).isEqualTo(8);
  }

  @Test
  void a_head_is_rows_of_three_matrices_and_columns_of_the_fourth() {
    assertThat(PruningPattern.parse("heads").groups(LAYER, TINY))
        .containsExactly(
            new UnitGroup(
                "bert.encoder.layer.0.heads",
                List.of(
                    new PrunedMatrix(name("attention.self.query"), 4, 4, 2, 4),
                    new PrunedMatrix(name("attention.self.key"), 4, 4, 2, 4),
                    new PrunedMatrix(name("attention.self.value"), 4, 4, 2, 4),
                    new PrunedMatrix(name("attention.output.dense"), 4, 4, 4, 2))));
  }

  @Test
  void groups_of_m_must_fill_the_rows() {
    assertThat(PruningPattern.parse("1:2").groups(LAYER, TINY)).hasSize(6);
    assertThatThrownBy(() -> PruningPattern.parse("2:4").groups(LAYER, TINY))
        .hasMessage(name("output.dense") + " has 6 columns, which are not a multiple of 4");
  }

  @Test
  void values_are_pooled_into_units_and_spread_over_their_weights() {
    PrunedMatrix columns = new PrunedMatrix("w", 2, 4, 2, 2);
    float[] units = new float[2];

    columns.addTo(units, new float[] {1, 2, 3, 4, 5, 6, 7, 8});
    assertThat(units).containsExactly(1 + 2 + 5 + 6, 3 + 4 + 7 + 8);

    float[] spread = new float[8];
    columns.spread(new float[] {0, 1}, spread);
    assertThat(spread).containsExactly(0, 0, 1, 1, 0, 0, 1, 1);
  }

  private static Matrix matrix(String part, int rows, int columns) {
    return new Matrix(name(part), rows, columns);
  }

  private static String name(String part) {
    return BertNames.layer(0, part) + ".weight";
  }
}
