package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.checkpoints.Checkpoints;
import dev.espalier.tasks.text.LabelledText;
import dev.espalier.tasks.text.TextEncoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Tokenizers that are made of older files, against what BertTokenizer and RobertaTokenizer of
 * Transformers 5.24.0 make of the same files. The models beside them are those of {@link
 * FamilyParityTest}.
 */
class CheckpointTokenizerTest {
  private static final String VOCABULARY =
      "[PAD] [UNK] [CLS] [SEP] [MASK] un ##aff ##able hello Hello cafe café 中 ! don ' t a ##b ##c ,"
          + " Ü ##n";

  @TempDir Path folder;

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          {}                                | UNaffable!          | 2 5 6 7 13 3
          {}                                | Café                | 2 10 3
          {}                                | 中hello             | 2 12 8 3
          {}                                | don't               | 2 14 15 16 3
          {}                                | hello [SEP] hello   | 2 8 3 8 3
          {}                                | abc,abcb            | 2 17 18 19 20 17 18 19 18 3
          {}                                | abd                 | 2 1 3
          {}                                | Ün                  | 2 5 3
          {"do_lower_case": false}          | UNaffable!          | 2 1 13 3
          {"do_lower_case": false}          | hello Hello         | 2 8 9 3
          {"do_lower_case": false}          | Ün                  | 2 21 22 3
          {"strip_accents": false}          | Café                | 2 11 3
          {"strip_accents": false}          | Ün                  | 2 1 3
          {"tokenize_chinese_chars": false} | 中hello             | 2 1 3
          """)
  @DisplayName("vocab.txt with tokenizer_config.json: BERT's word pieces")
  void wordPieces(String settings, String text, String ids) throws IOException {
    copy("bert-cls");
    Files.write(folder.resolve("vocab.txt"), Arrays.asList(VOCABULARY.split(" ")));
    Files.writeString(folder.resolve("tokenizer_config.json"), settings);

    assertThat(ids(text)).isEqualTo(ids);
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          added_tokens.json       | {"[e1]": 23, "[E2]": 24}                        | [e1] hello[e2]abc | 2 23 8 24 17 18 19 3
          added_tokens.json       | {"[e1]": 30}                                    | x[e1]a            | 2 1 30 17 3
          added_tokens.json       | {"[e1]": 17}                                    | [e1]a             | 2 17 17 3
          special_tokens_map.json | {"additional_special_tokens": ["[E1]", "Hello"]} | [E1] hello[e1]Hello | 2 23 8 1 1 1 9 3
          special_tokens_map.json | {"cls_token": "hello"}                          | a                 | 8 17 3
          special_tokens_map.json | {"sep_token": {"content": "!"}}                 | a                 | 2 17 13
          tokenizer_config.json   | {"added_tokens_decoder": {"40": {"content": "[e1]"}, "23": {"content": "[f]", "rstrip": true}}} | [e1]a [f] a | 2 40 17 23 17 3
          tokenizer_config.json   | {"added_tokens_decoder": {"23": {"content": "aff", "single_word": true}}} | unaffable aff | 2 5 6 7 23 3
          """)
  @DisplayName("tokens that were added to vocab.txt have the ids that the files beside it say")
  void addedTokens(String file, String content, String text, String ids) throws IOException {
    copy("bert-cls");
    Files.write(folder.resolve("vocab.txt"), Arrays.asList(VOCABULARY.split(" ")));
    Files.writeString(folder.resolve(file), content);

    assertThat(ids(text)).isEqualTo(ids);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          hello             | 0 13 2
          hello hello       | 0 13 14 2
          hello<mask> hello | 0 13 4 14 2
          é                 | 0 15 16 2
          hello !           | 0 13 17 2
          ohello't          | 0 8 13 21 2
          """)
  @DisplayName("vocab.json and merges.txt: RoBERTa's pairs of bytes")
  void bytePairs(String text, String ids) throws IOException {
    copy("roberta-cls");
    List<String> tokens =
        List.of(
            "<s> <pad> </s> <unk> <mask> h e l o Ġ he ll llo hello Ġhello Ã © Ġ! ! ' t 't d n"
                .split(" "));
    Files.writeString(
        folder.resolve("vocab.json"),
        tokens.stream()
            .map(token -> "\"" + token + "\": " + tokens.indexOf(token))
            .collect(Collectors.joining(", ", "{", "}")));
    Files.writeString(
        folder.resolve("merges.txt"), "#version: 0.2\nh e\nl l\nll o\nhe llo\nĠ hello\n' t\nĠ !\n");

    assertThat(ids(text)).isEqualTo(ids);
  }

  private void copy(String family) throws IOException {
    for (String name : List.of("config.json", "model.safetensors")) {
      Files.copy(Path.of("src/test/resources/families", family, name), folder.resolve(name));
    }
  }

  private String ids(String text) {
    try (TextEncoder encoder = TextEncoder.create(Checkpoints.load(folder).tokenizerJson(), 16)) {
      return Arrays.stream(encoder.encode(LabelledText.single(text, 0)).inputIds())
          .mapToObj(Integer::toString)
          .collect(Collectors.joining(" "));
    }
  }
}
