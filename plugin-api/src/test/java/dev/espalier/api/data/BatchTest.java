package dev.espalier.api.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;

final class BatchTest {
  @Test
  void padsToTheLongest() {
    Batch batch =
        Batch.of(
            List.of(
                new EncodedExample(new int[] {101, 7, 102}, new int[] {0, 0, 0}, 1),
                new EncodedExample(new int[] {101, 8, 102, 9, 102}, new int[] {0, 0, 0, 1, 1}, 0)));

    assertThat(batch.rows()).isEqualTo(2);
    assertThat(batch.columns()).isEqualTo(5);
    assertThat(batch.inputIds())
        .containsExactly(
            101, 7, 102, 0, 0, //
            101, 8, 102, 9, 102);
    assertThat(batch.attentionMask())
        .containsExactly(
            1, 1, 1, 0, 0, //
            1, 1, 1, 1, 1);
    assertThat(batch.tokenTypeIds())
        .containsExactly(
            0, 0, 0, 0, 0, //
            0, 0, 0, 1, 1);
    assertThat(batch.targets()).containsExactly(new Target.Label(1), new Target.Label(0));
  }

  @Test
  void ofOneIsNotPadded() {
    Batch batch = Batch.of(List.of(new EncodedExample(new int[] {101, 102}, new int[] {0, 0}, 3)));

    assertThat(batch.columns()).isEqualTo(2);
    assertThat(batch.attentionMask()).containsExactly(1, 1);
    assertThat(batch.targets()).containsExactly(new Target.Label(3));
  }

  @Test
  void ofNoneIsRefused() {
    assertThatThrownBy(() -> Batch.of(List.of())).isInstanceOf(NoSuchElementException.class);
  }

  @Test
  void anExampleNeedsAsManyTypesAsIds() {
    assertThatThrownBy(() -> new EncodedExample(new int[] {101, 102}, new int[] {0}, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("an example needs as many token types as ids, found 2 and 1");
    assertThatThrownBy(() -> new EncodedExample(new int[0], new int[0], 0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aSetNeedsAnExample() {
    assertThatThrownBy(
            () ->
                new EncodedSet(
                    "train", "data/sst2/train.tsv", "00", List.of("no", "yes"), List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the train set is empty: data/sst2/train.tsv");
  }
}
