package dev.espalier.core.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class GlobsTest {
  @ParameterizedTest(name = "{0} on {1}: {2}")
  @CsvSource({
    "bert.*.weight, bert.encoder.layer.0.output.dense.weight, true",
    "bert.*.weight, bert.encoder.layer.0.output.dense.bias, false",
    "*.query.*, bert.encoder.layer.0.attention.self.query.weight, true",
    "layer.?.x, layer.1.x, true",
    "layer.?.x, layer.11.x, false",
    "layer.[0-2].x, layer.2.x, true",
    "layer.[0-2].x, layer.3.x, false",
    "layer.[2-0].x, layer.1.x, false",
    "a.b, aXb, false",
    "a+(b, a+(b, true",
    "'', a, false",
    "[, [, true",
    "[a&&b], a, true",
    "[a&&b], [a&&b], true",
    "*layer.[01]/*, /bert/encoder/layer.0/attention/MatMul, true",
    "*layer.[01]/*, /bert/encoder/layer.2/attention/MatMul, false",
    "layer.[!01].x, layer.2.x, true",
    "layer.[!01].x, layer.1.x, false",
    "x[0-9a-f]y, xcy, true",
    "x[0-9a-f]y, xgy, false",
    "[0-], -, true",
    "a*b*c, aXbYc, true",
    "a*b*c, aXcYb, false",
    "**, anything, true",
    "?, '', false"
  })
  void a_glob_matches_whole_names(String glob, String name, boolean matches) {
    assertThat(Globs.of(glob).test(name)).isEqualTo(matches);
  }

  @Test
  void matching_is_no_slower_than_the_product_of_both_lengths() {
    String glob = "*a".repeat(2_000) + "b";
    assertThat(Globs.of(glob).test("a".repeat(20_000))).isFalse();
  }
}
