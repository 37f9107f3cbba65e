package dev.espalier.tuner.prepare;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.api.data.EncodedExample;
import dev.espalier.api.data.EncodedSet;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which token ids a model may be shown. */
final class VocabularyTest {
  private static final String PIECES = "{\"model\": {\"vocab\": {\"a\": 0, \"b\": 1, \"c\": 2}}";
  private static final String ADDED =
      ", \"added_tokens\": [{\"id\": 0, \"content\": \"a\"}, {\"id\": 3, \"content\": \"[e]\"}]";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "4 | 2 | ",
        "9 | 3 | ",
        "3 | 2 | ",
        "3 | 3 | the token \"[e]\" of the data has the id 3, but the word embeddings have 3 rows; the"
            + " tokenizer has 4 tokens",
        "2 | 1 | the token \"c\" has the id 2, but the word embeddings have 2 rows; the tokenizer"
            + " has 4 tokens",
        "2 | 3 | the token \"[e]\" of the data has the id 3, but the word embeddings have 2 rows; the"
            + " tokenizer has 4 tokens",
      })
  void a_token_that_may_occur_needs_a_row(int rows, int shown, String message) {
    assertThat(of(PIECES + ADDED + "}").beyond(rows, List.of(set(shown))).orElse(null))
        .isEqualTo(message);
  }

  @Test
  void an_added_token_without_a_row_is_said() {
    assertThat(of(PIECES + ADDED + "}").notes("m", 3))
        .containsExactly(
            "The word embeddings of m have no row for 1 token that its tokenizer knows: [e]. No"
                + " text of the data has them; one that has cannot be answered.");
    assertThat(of(PIECES + ADDED + "}").notes("m", 4)).isEmpty();
  }

  @Test
  void of_a_unigram_model_the_place_is_the_id() {
    Vocabulary unigram = of("{\"model\": {\"vocab\": [[\"<s>\", 0], [\"x\", -1.5]]}}");

    assertThat(unigram.ids()).containsEntry("x", 1).hasSize(2);
    assertThat(unigram.beyond(1, List.of(set(0)))).get().asString().startsWith("the token \"x\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"model\": {\"vocab\": {\"a\": 0, \"b\": 1, \"c\": 2}}} | true",
        "{\"model\": {\"vocab\": {\"a\": 0, \"b\": 1, \"c\": 2, \"[e]\": 3}}} | true",
        "{\"model\": {\"vocab\": {\"a\": 0, \"b\": 1, \"c\": 2, \"[e]\": 7}}} | false",
        "{\"model\": {\"vocab\": {\"a\": 0, \"b\": 2, \"c\": 1}}} | false",
        "{\"model\": {\"vocab\": {\"a\": 0, \"b\": 1}}} | false",
        "{\"model\": {\"vocab\": {\"a\": 0, \"b\": 1, \"c\": 2, \"d\": 3}}} | false",
      })
  void two_agree_when_a_text_means_the_same_ids_to_both(String other, boolean agree) {
    assertThat(of(PIECES + ADDED + "}").agreesWith(of(other))).isEqualTo(agree);
    assertThat(of(other).agreesWith(of(PIECES + ADDED + "}"))).isEqualTo(agree);
  }

  private static Vocabulary of(String json) {
    return Vocabulary.of("m", json.getBytes(StandardCharsets.UTF_8));
  }

  private static EncodedSet set(int id) {
    return new EncodedSet(
        "train",
        "here",
        "cafe",
        List.of("no", "yes"),
        List.of(new EncodedExample(new int[] {0, id}, new int[2], 0)));
  }
}
