package dev.espalier.tasks.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.espalier.api.data.EncodedExample;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.tasks.MiniLm;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TextEncoderTest {
  private static final int CLS = 101;
  private static final int SEP = 102;
  private static final byte[] TOKENIZER = MiniLm.tokenizerJson();

  /** Ids from BERT's uncased vocabulary: the line of a word piece in vocab.txt, from 0. */
  static List<Arguments> singles() {
    return List.of(
        arguments("hello world", ids(CLS, 7592, 2088, SEP)),
        arguments("Hello WORLD", ids(CLS, 7592, 2088, SEP)),
        arguments("the film .", ids(CLS, 1996, 2143, 1012, SEP)),
        arguments("the   film .", ids(CLS, 1996, 2143, 1012, SEP)),
        arguments("say \" no \"", ids(CLS, 2360, 1000, 2053, 1000, SEP)),
        arguments("", ids(CLS, SEP)));
  }

  @ParameterizedTest
  @MethodSource("singles")
  void addsSpecialTokensAndNoPadding(String text, int[] expected) {
    try (TextEncoder encoder = TextEncoder.create(TOKENIZER, 128)) {
      EncodedExample encoded = encoder.encode(LabelledText.single(text, 1));

      assertThat(encoded.inputIds()).isEqualTo(expected);
      assertThat(encoded.tokenTypeIds()).containsOnly(0).hasSameSizeAs(expected);
      assertThat(encoded.label()).isEqualTo(1);
    }
  }

  @Test
  void givesTheSecondTextOfAPairTypeOne() {
    try (TextEncoder encoder = TextEncoder.create(TOKENIZER, 128)) {
      EncodedExample encoded = encoder.encode(new LabelledText("hello", "the film", 0));

      assertThat(encoded.inputIds()).containsExactly(CLS, 7592, SEP, 1996, 2143, SEP);
      assertThat(encoded.tokenTypeIds()).containsExactly(0, 0, 0, 1, 1, 1);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 17, 128, 200, 512, 700})
  void cutsAtTheMaximumAskedForWhateverTheFileSays(int maximum) {
    String text = "film ".repeat(maximum);
    try (TextEncoder encoder = TextEncoder.create(TOKENIZER, maximum)) {
      EncodedExample single = encoder.encode(LabelledText.single(text, 0));

      assertThat(single.length()).isEqualTo(maximum);
      assertThat(single.inputIds()[0]).isEqualTo(CLS);
      assertThat(single.inputIds()[maximum - 1]).isEqualTo(SEP);
      assertThat(encoder.encode(new LabelledText(text, text, 0)).length()).isEqualTo(maximum);
    }
  }

  @Test
  void cutsTheLongerTextOfAPairFirst() {
    try (TextEncoder encoder = TextEncoder.create(TOKENIZER, 10)) {
      EncodedExample encoded = encoder.encode(new LabelledText("film ".repeat(50), "hello", 0));

      assertThat(encoded.length()).isEqualTo(10);
      assertThat(encoded.inputIds()).endsWith(SEP, 7592, SEP);
    }
  }

  @Test
  void keepsOrderAndLabelsOverManyChunks() {
    List<LabelledText> texts = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      texts.add(LabelledText.single("film ".repeat(i % 7), i % 3));
    }
    try (TextEncoder encoder = TextEncoder.create(TOKENIZER, 32)) {
      List<EncodedExample> encoded = encoder.encode(texts);

      assertThat(encoded).hasSize(1000);
      for (int i = 0; i < 1000; i++) {
        assertThat(encoded.get(i).length()).as("example %d", i).isEqualTo(2 + i % 7);
        assertThat(encoded.get(i).label()).as("example %d", i).isEqualTo(i % 3);
      }
      assertThat(encoder.encode(List.of())).isEmpty();
    }
  }

  @Test
  void keepsOrderWhenLongTextsMakeSmallerChunks() {
    List<LabelledText> texts = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      texts.add(LabelledText.single("film ".repeat(i % 4 == 0 ? 60_000 : i), i));
    }
    try (TextEncoder encoder = TextEncoder.create(TOKENIZER, 64)) {
      List<EncodedExample> encoded = encoder.encode(texts);

      assertThat(encoded).hasSize(20);
      for (int i = 0; i < 20; i++) {
        assertThat(encoded.get(i).label()).isEqualTo(i);
        assertThat(encoded.get(i).length()).as("%d", i).isEqualTo(i % 4 == 0 ? 64 : 2 + i);
      }
    }
  }

  @Test
  void refusesToMixSinglesAndPairs() {
    List<LabelledText> mixed =
        List.of(LabelledText.single("film", 0), new LabelledText("film", "book", 0));
    try (TextEncoder encoder = TextEncoder.create(TOKENIZER, 32)) {
      assertThatThrownBy(() -> encoder.encode(mixed))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("1 single texts among 1 pairs");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 7})
  void saysThatAMaximumIsTooShort(int maximum) {
    ProblemException e =
        catchThrowableOfType(
            ProblemException.class, () -> TextEncoder.create(TOKENIZER, maximum).close());

    assertThat(e.problems().get(0).kind()).isEqualTo(ProblemKind.CONFIGURATION);
    assertThat(e).hasMessageContaining("at least 8 tokens, found " + maximum);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{}", "not json", "{\"model\": {\"type\": \"Nothing\"}}"})
  void saysThatATokenizerIsBroken(String json) {
    byte[] content = json.getBytes(StandardCharsets.UTF_8);

    ProblemException e =
        catchThrowableOfType(
            ProblemException.class, () -> TextEncoder.create(content, 128).close());

    assertThat(e.problems().get(0).kind()).isEqualTo(ProblemKind.INPUT);
    assertThat(e).hasMessageContaining("tokenizer.json cannot be used");
  }

  private static int[] ids(int... ids) {
    return ids;
  }
}
