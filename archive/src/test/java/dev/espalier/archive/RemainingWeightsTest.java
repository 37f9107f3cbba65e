package dev.espalier.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.espalier.archive.RemainingWeights.Parameter;
import dev.espalier.core.model.BertNames;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The numbers that movement pruning's scripts print for BERT-base. */
class RemainingWeightsTest {
  @ParameterizedTest(name = "{0} of the matrices: {1} % of the encoder")
  @CsvSource({"0.10, 10.127", "0.03, 3.137", "0.15, 15.120", "1, 100.000"})
  @DisplayName("the encoder by the scripts' definition")
  void encoder(double density, double percent) {
    RemainingWeights counted = RemainingWeights.of(bertBase(density));

    assertThat(counted.encoder().percent()).isEqualTo(percent, within(0.0005));
    assertThat(counted.encoder().parameters()).isEqualTo(85_054_464);
    assertThat(counted.pruned().parameters()).isEqualTo(84_934_656);
    assertThat(counted.matrices()).hasSize(72);
    assertThat(counted.model().parameters()).isEqualTo(85_054_464 + 23_440_896 + 1_538);
  }

  @Test
  @DisplayName("zeros of what is not pruned are not removed weights")
  void zerosElsewhere() {
    RemainingWeights counted =
        RemainingWeights.of(
            List.of(
                new Parameter("bert.encoder.layer.0.x.weight", List.of(2, 2), 1, true),
                new Parameter("bert.encoder.layer.0.x.bias", List.of(2), 0, false),
                new Parameter("classifier.weight", List.of(2, 2), 0, false)));

    assertThat(counted.pruned()).isEqualTo(new RemainingWeights.Share(1, 4));
    assertThat(counted.encoder()).isEqualTo(new RemainingWeights.Share(3, 6));
    assertThat(counted.model()).isEqualTo(new RemainingWeights.Share(7, 10));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource({
    "bert.encoder.layer.0.output.dense.weight, true",
    "roberta.encoder.layer.11.output.dense.bias, true",
    "distilbert.transformer.layer.5.ffn.lin1.weight, true",
    "encoder.layer.0.output.dense.weight, true",
    "bert.embeddings.word_embeddings.weight, false",
    "bert.pooler.dense.weight, false",
    "classifier.weight, false",
  })
  @DisplayName("what belongs to the encoder")
  void names(String name, boolean encoder) {
    assertThat(RemainingWeights.isOfEncoder(name)).isEqualTo(encoder);
  }

  private static List<Parameter> bertBase(double density) {
    List<Parameter> parameters = new ArrayList<>();
    parameters.add(
        new Parameter(BertNames.WORD_EMBEDDINGS, List.of(30_522, 768), 30_522 * 768L, false));
    for (String prefix : BertNames.encoderLinears(12)) {
      int rows = prefix.endsWith("intermediate.dense") ? 3072 : 768;
      int columns = prefix.matches(".*\\d\\.output\\.dense") ? 3072 : 768;
      long kept = (long) Math.floor(density * rows * columns);
      parameters.add(new Parameter(prefix + ".weight", List.of(rows, columns), kept, true));
      parameters.add(new Parameter(prefix + ".bias", List.of(rows), rows, false));
    }
    for (int layer = 0; layer < 12; layer++) {
      for (String norm : List.of("attention.output.LayerNorm", "output.LayerNorm")) {
        for (String part : List.of(".weight", ".bias")) {
          parameters.add(
              new Parameter(BertNames.layer(layer, norm + part), List.of(768), 768, false));
        }
      }
    }
    parameters.add(new Parameter("qa_outputs.weight", List.of(2, 768), 1536, false));
    parameters.add(new Parameter("qa_outputs.bias", List.of(2), 2, false));
    return parameters;
  }
}
