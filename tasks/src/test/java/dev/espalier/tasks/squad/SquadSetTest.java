package dev.espalier.tasks.squad;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.espalier.api.data.EncodedExample;
import dev.espalier.api.data.Target;
import dev.espalier.api.metric.AnsweredQuestion;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.core.data.TaskSource.Questions;
import dev.espalier.tasks.MiniLm;
import dev.espalier.tasks.text.Part;
import dev.espalier.tasks.text.PieceEncoder;
import dev.espalier.tasks.text.PieceEncoder.Pieces;
import dev.espalier.tasks.text.TextFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SquadSetTest {
  private static final int CLS = 101;
  private static final int SEP = 102;
  private static final PieceEncoder ENCODER = PieceEncoder.create(MiniLm.tokenizerJson());
  private static final Path XQUAD = Path.of("..", "..", "shared", "data", "xquad", "xquad.en.json");

  @AfterAll
  static void close() {
    ENCODER.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a fine film",
        "𝔘nder the 🎬🎬 a film was crème",
        "電影 film 電影",
        "Ünïcode fílm, e\u0301 combined film",
        "नमस्ते film عربى",
        "tab\tfilm\u00A0film\u2003film\u202Ffilm",
      })
  @DisplayName("pieces stand where they are said to, in code points, whatever is before them")
  void offsets(String text) {
    Pieces pieces = ENCODER.encode(text);

    List<String> shown = new ArrayList<>();
    for (int i = 0; i < pieces.size(); i++) {
      int from = text.offsetByCodePoints(0, pieces.starts()[i]);
      shown.add(text.substring(from, text.offsetByCodePoints(0, pieces.ends()[i])));
    }
    assertThat(shown).doesNotContain("").noneMatch(piece -> piece.contains(" "));
    // 2143 is film, and was one word with an accent, too
    long films = Arrays.stream(pieces.ids()).filter(id -> id == 2143).count();
    assertThat(shown.stream().filter(List.of("film", "fílm")::contains).count())
        .isEqualTo(films)
        .isPositive();
  }

  @Test
  @DisplayName("an example is [CLS] question [SEP] window [SEP], and points at the answer's pieces")
  void example() {
    SquadSet set = set("train", file("𝔘 He saw the film there.", "What?", "the film", 9), 64, 50);

    EncodedExample example = set.set().examples().get(0);
    assertThat(example.inputIds()).startsWith(CLS).endsWith(SEP);
    assertThat(example.inputIds()[3]).isEqualTo(SEP); // [CLS] what ? [SEP]
    int length = example.length();
    int[] types = new int[length];
    Arrays.fill(types, 4, length, 1);
    assertThat(example.tokenTypeIds()).isEqualTo(types);
    Target.Span span = (Target.Span) example.target();
    assertThat(Arrays.copyOfRange(example.inputIds(), span.start(), span.end() + 1))
        .containsExactly(1996, 2143); // the film
  }

  @Test
  @DisplayName(
      "a question is cut, windows step by the stride, and one without the whole answer points at [CLS]")
  void windows() {
    // room for 20 − 2 − 3 = 15 pieces; 40 words, the answer the 21st and 22nd
    String words = "film ".repeat(20) + "the answer " + "film ".repeat(18);
    SquadSet set =
        set("train", file(words.strip(), "what ? why ? how ?", "the answer", 100), 20, 10, 2);

    List<EncodedExample> examples = set.set().examples();
    // 0-15, 10-25, 20-35, 30-40
    assertThat(examples).extracting(EncodedExample::length).containsExactly(20, 20, 20, 15);
    assertThat(examples)
        .extracting(EncodedExample::target)
        .containsExactly(
            new Target.Span(0, 0),
            new Target.Span(5 - 1 + 10, 5 - 1 + 11),
            new Target.Span(4, 5),
            new Target.Span(0, 0));
  }

  @Test
  @DisplayName(
      "an answer that is in several windows is read from the one that shows most around it")
  void maximumContext() {
    String words = "film ".repeat(20) + "the answer " + "film ".repeat(18);
    SquadSet set =
        set("evaluation", file(words.strip(), "what ? why ? how ?", "the answer", 100), 20, 10, 2);
    float[][] start = logits(set);
    float[][] end = logits(set);
    // in 10-25 piece 20 has min(10, 4), in 20-35 it has 0: the second window is to be read
    start[2][4] = 9;
    end[2][5] = 9;
    start[1][14] = 5;
    end[1][15] = 5;
    start[1][4 + 9] = 4; // piece 19: a worse answer

    AnsweredQuestion answered = set.decoder().decode(start, end).get(0);

    assertThat(answered.answer()).isEqualTo("the answer");
    assertThat(answered.noAnswer()).isEqualTo(-10);
  }

  @ParameterizedTest(name = "from {0} to {1}: {2}")
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "4|5|one two",
        "5|4|-", // ends before it begins
        "1|5|-", // begins in the question
        "4|9|-", // ends behind the paragraph
        "4|8|-", // longer than four tokens
        "5|8|two three four five",
      })
  void reads(int from, int to, @Nullable String answer) {
    TextFile file = file("one two three four five", "what ?", "five", 19);
    SquadSet set =
        SquadSet.of(
            "evaluation", file, false, Part.ALL, 64, new Questions(50, 8, 1, 4, 0), ENCODER);
    float[][] start = logits(set);
    float[][] end = logits(set);
    start[0][from] = 3;
    end[0][to] = 3;

    assertThat(set.decoder().decode(start, end).get(0).best()).isEqualTo(answer);
  }

  @ParameterizedTest(name = "nothing {0}, best 6, threshold {1}: {2}")
  @CsvSource({"5.0, 0, one", "6.5, 0, ''", "6.5, 1, one", "6, 0, one", "3, -4, ''"})
  void nothingIsAnAnswerInVersion2(float nothing, double threshold, String answer) {
    TextFile file = file("one two", "what ?", "one", 0);
    SquadSet set =
        SquadSet.of(
            "evaluation",
            file,
            true,
            Part.ALL,
            64,
            new Questions(50, 8, 20, 30, threshold),
            ENCODER);
    float[][] start = logits(set);
    float[][] end = logits(set);
    start[0][0] = nothing;
    start[0][4] = 3;
    end[0][4] = 3;

    AnsweredQuestion answered = set.decoder().decode(start, end).get(0);

    assertThat(answered.answer()).isEqualTo(answer);
    assertThat(answered.best()).isEqualTo("one");
    assertThat(answered.noAnswer()).isEqualTo(nothing - 6.0);
  }

  @Test
  @DisplayName("a question whose windows were not run has no answer")
  void missing() {
    SquadSet set = set("evaluation", file("one two", "what ?", "one", 0), 64, 50);

    assertThat(set.decoder().decode(new float[0][], new float[0][]).get(0).answer()).isNull();
  }

  @Test
  @DisplayName("an answer that is not where it is said to be is left out of training, and told of")
  void misplaced() {
    String file =
        """
        {"data": [{"paragraphs": [{"context": "one two", "qas": [
          {"id": "a", "question": "?", "answers": [{"text": "two", "answer_start": 3}]},
          {"id": "b", "question": "?", "answers": [{"text": "two", "answer_start": 4}]}]}]}]}
        """;

    assertThat(set("train", TextFile.generated("f", file), 64, 50).set())
        .satisfies(
            set -> {
              assertThat(set.size()).isEqualTo(1);
              assertThat(set.source())
                  .isEqualTo("f, without 1 whose answer is not where it is said to be");
            });
    assertThat(set("evaluation", TextFile.generated("f", file), 64, 50).set().size()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{                          |f:1:2: the file is not JSON",
        "[]                         |f: there is no question in it",
        "3                          |f:1:1: must be an object, found 3",
        "{}                         |f:1:1: data: must be a list, but is missing",
        "{\"data\": {}}             |f:1:10: data: must be a list, found an object",
        "{\"data\": []}             |f: there is no question in it",
        "{\"data\": [{\"a\": 1}]}   |f:1:11: data[0]: has neither paragraphs, as SQuAD's own files,"
            + " nor context, question and answers, as the hub's; it has a",
        "{\"data\": [{\"paragraphs\": [{\"qas\": []}]}]}|f:1:27: data[0].paragraphs[0].context: must"
            + " be a text, but is missing",
        "{\"data\": [{\"paragraphs\": [{\"context\": \"a\", \"qas\": [{\"id\": \"1\", \"question\":"
            + " \"q\", \"answers\": []}]}]}]}|data[0].paragraphs[0].qas[0]: has no answer; the task"
            + " squad-v2 knows such questions",
        "{\"data\": [{\"paragraphs\": [{\"context\": \"a\", \"qas\": [{\"id\": \"1\", \"question\":"
            + " \"q\", \"answers\": [{\"text\": \"a\"}]}]}]}]}|.qas[0].answers[0].answer_start: must"
            + " be a number from 0, but is missing",
        "[{\"context\": \"a\",⏎\"id\": \"1\", \"question\": \"q\", \"answers\":⏎ \"a\"}]|f:3:2:"
            + " [0].answers: must be a list of {text, answer_start}, or {text: list, answer_start:"
            + " list}, found \"a\"",
        "{\"context\": \"a\"}⏎{\"context\": 3}|f:2:13: context: must be a text, found 3",
        "[{\"context\": \"a\", \"id\": \"1\", \"question\": \"q\", \"answers\": {\"text\": [\"a\"],"
            + " \"answer_start\": []}}]|[0].answers: must have an answer_start for each text, found 0"
            + " for 1",
        "[{\"context\": \"a\", \"id\": \"1\", \"question\": \"q\", \"answers\": {\"text\": [null],"
            + " \"answer_start\": [-1]}}]|[0].answers.answer_start[0]: must be a number from 0, found"
            + " -1",
        "[{\"context\": \"a\\ud800\"}]|[0].context: has half of a character",
        "[{\"context\": \"a\", \"context\": \"b\"}]|f:1:28: the file is not JSON: Duplicate field",
      })
  void saysWhatIsWrong(String content, String message) {
    assertThat(
            catchThrowableOfType(
                ProblemException.class,
                () -> set("train", TextFile.generated("f", content.replace('⏎', '\n')), 64, 50)))
        .hasMessageContaining(message);
  }

  private static final String ROW =
      "{\"id\": \"%s\", \"title\": \"t\", \"context\": \"%s\", \"question\": \"what ?\", \"answers\":"
          + " {\"text\": [\"two\"], \"answer_start\": [%d]}}";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"data\": [{\"paragraphs\": [{\"context\": \"one two\", \"qas\": [{\"id\": \"a\","
            + " \"question\": \"what ?\", \"answers\": {\"text\": [\"two\"], \"answer_start\":"
            + " [4]}}, {\"id\": \"b\", \"question\": \"what ?\", \"answers\": [{\"text\": \"two\","
            + " \"answer_start\": 4}]}]}, {\"context\": \"two\", \"qas\": [{\"id\": \"c\","
            + " \"question\": \"what ?\", \"answers\": {\"answer_start\": [0], \"text\":"
            + " [\"two\"]}}]}]}]}",
        "[ROWS]",
        "{\"version\": \"1\", \"data\": [ROWS]}",
        "LINES",
      })
  @DisplayName("the hub's layout is read, in rows and nested, in a list and in lines")
  void hubLayouts(String content) {
    List<String> rows =
        List.of(
            ROW.formatted("a", "one two", 4),
            ROW.formatted("b", "one two", 4),
            ROW.formatted("c", "two", 0));
    TextFile file =
        TextFile.generated(
            "f",
            content
                .replace("ROWS", String.join(", ", rows))
                .replace("LINES", String.join("\n\n", rows)));

    List<Question.Answer> answers = List.of(new Question.Answer("two", 4));
    List<Question> expected =
        List.of(
            new Question("a", "what ?", "one two", answers),
            new Question("b", "what ?", "one two", answers),
            new Question("c", "what ?", "two", List.of(new Question.Answer("two", 0))));
    assertThat(SquadReader.read(file, false, Part.ALL)).isEqualTo(expected);
    // successive rows with one context are a paragraph
    assertThat(SquadReader.read(file, false, Part.of("1-1"))).isEqualTo(expected.subList(0, 2));
    assertThat(SquadReader.read(file, false, Part.of("2-"))).isEqualTo(expected.subList(2, 3));
  }

  @Test
  @DisplayName("in the hub's rows of SQuAD 2.0 empty lists stand for no answer")
  void hubUnanswerable() {
    String row =
        "{\"id\": \"a\", \"context\": \"c\", \"question\": \"q\", \"answers\": {\"text\": [],"
            + " \"answer_start\": []}}";

    assertThat(SquadReader.read(TextFile.generated("f", row), true, Part.ALL))
        .containsExactly(new Question("a", "q", "c", List.of()));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 5, 999_999_999})
  @DisplayName("a training file whose answers are all misplaced is refused")
  void allMisplaced(int start) {
    TextFile file =
        TextFile.generated(
            "f", ROW.formatted("a", "one two", start) + ROW.formatted("b", "one two", start));

    assertThat(catchThrowableOfType(ProblemException.class, () -> set("train", file, 64, 50)))
        .hasMessageContaining(
            "f: no question can be trained on, because none of the 2 answers is where answer_start"
                + " says; the first is that of \"a\": \"two\" is not at "
                + start);
    assertThat(set("evaluation", file, 64, 50).set().size()).isEqualTo(2);
  }

  @Test
  @DisplayName("a text of 100 MB is refused where it stands")
  void longText() {
    String context = "word ".repeat(20_000_000);
    TextFile file = TextFile.generated("f", "[\n" + ROW.formatted("a", context, 0) + "]");

    assertThat(catchThrowableOfType(ProblemException.class, () -> set("train", file, 64, 50)))
        .hasMessageContaining("f:2:")
        .hasMessageContaining("a text has more than 1000000 characters");
  }

  @Test
  @DisplayName("a stride that would leave gaps is refused")
  void gaps() {
    assertThat(
            catchThrowableOfType(
                ProblemException.class,
                () ->
                    SquadSet.of(
                        "train",
                        file("a", "b", "a", 0),
                        false,
                        Part.ALL,
                        128,
                        Questions.DEFAULT,
                        ENCODER)))
        .hasMessageContaining("data.doc_stride is 128")
        .hasMessageContaining("room for 61 tokens");
  }

  @Test
  @DisplayName(
      "on all of XQuAD a model that knows the answers gets them, and both scorers agree on a worse one")
  void xquad() {
    assumeTrue(Files.exists(XQUAD), () -> XQUAD + " is not there");
    TextFile file = TextFile.read(XQUAD);
    SquadSet train = set("train", file, 384, 128);
    SquadSet evaluation = set("evaluation", file, 384, 128);
    assertThat(evaluation.questions()).hasSize(1190);
    assertThat(train.set().size()).isEqualTo(evaluation.set().size());

    float[][] start = logits(evaluation);
    float[][] end = logits(evaluation);
    for (int i = 0; i < start.length; i++) {
      Target.Span span = (Target.Span) train.set().examples().get(i).target();
      start[i][span.start()] += 9;
      end[i][span.end()] += 9;
    }
    List<AnsweredQuestion> known = evaluation.decoder().decode(start, end);
    assertThat(value("exact", known)).isGreaterThan(0.99);

    long seed = 20_261_125;
    Random random = new Random(seed);
    for (int i = 0; i < start.length; i++) {
      for (int j = 0; j < start[i].length; j++) {
        start[i][j] += (float) random.nextGaussian() * 3;
        end[i][j] += (float) random.nextGaussian() * 3;
      }
    }
    List<AnsweredQuestion> guessed = evaluation.decoder().decode(start, end);
    double exact = 0;
    double f1 = 0;
    for (AnsweredQuestion question : guessed) {
      exact += PlainSquad.exact(String.valueOf(question.answer()), question.accepted()) / 1190;
      f1 += PlainSquad.f1(String.valueOf(question.answer()), question.accepted()) / 1190;
    }
    assertThat(100 * value("exact", guessed)).as("seed %d", seed).isCloseTo(exact, within(1e-9));
    assertThat(100 * value("f1", guessed)).as("seed %d", seed).isCloseTo(f1, within(1e-9));
    // neither nothing nor everything, or they would agree whatever they do
    assertThat(exact).isBetween(5.0, 95.0);
    assertThat(f1 - exact).isGreaterThan(2);
  }

  private static double value(String name, List<AnsweredQuestion> questions) {
    return SquadMetric.ALL.stream()
        .filter(metric -> metric.name().equals(name))
        .findFirst()
        .orElseThrow()
        .compute(questions);
  }

  private static float[][] logits(SquadSet set) {
    // a row may be longer than its example: padding is not looked at
    return set.set().examples().stream()
        .map(example -> new float[example.length() + 3])
        .toArray(float[][]::new);
  }

  private static SquadSet set(String name, TextFile file, int longest, int stride) {
    return set(name, file, longest, stride, Math.min(64, longest - stride - 3));
  }

  private static SquadSet set(
      String name, TextFile file, int longest, int stride, int longestQuestion) {
    return SquadSet.of(
        name,
        file,
        false,
        Part.ALL,
        longest,
        new Questions(stride, longestQuestion, 20, 30, 0),
        ENCODER);
  }

  private static TextFile file(String context, String question, String answer, int start) {
    return TextFile.generated(
        "f",
        """
        {"data": [{"title": "t", "paragraphs": [{"context": "%s", "qas": [
          {"id": "q", "question": "%s", "answers": [{"text": "%s", "answer_start": %d}]}]}]}]}
        """
            .formatted(context, question, answer, start));
  }
}
