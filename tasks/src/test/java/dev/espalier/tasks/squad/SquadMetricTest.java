package dev.espalier.tasks.squad;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.espalier.api.metric.AnsweredQuestion;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SquadMetricTest {
  @ParameterizedTest(name = "{0} -> {1}")
  @CsvSource(
      delimiter = '|',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "The Cat!|cat",
        "an apple, a day|apple day",
        "Theatre of a nation|theatre of nation",
        // punctuation goes first, so an article may be uncovered, or glued to its neighbour
        "\"The\" end|end",
        "a.m.|am",
        "well-known a-b|wellknown ab",
        "U.S.|us",
        " \\t many \\n\u00A0\u2003 spaces \u001C here |many spaces here",
        "the|''",
        "A|''",
        "''|''",
        // only ASCII punctuation counts; a dash is none
        "1990–2000 «the x»|1990–2000 « x»",
        // an article ends at a letter of any script, and at digits of any kind
        "aé a² á the電 the 電|aé a² á the電 電",
        "ÀÉÎ|àéî",
        // U+0301 is no letter for Python's \\w, so that what it stands on is one word
        "a\u0301|\u0301",
        "𝔘nder the 🎬|𝔘nder 🎬",
      })
  void normalizes(String text, String expected) {
    assertThat(SquadScore.normalized(text.translateEscapes())).isEqualTo(expected);
  }

  @ParameterizedTest(name = "{0} for {1}: {2}, {3}")
  @CsvSource(
      delimiter = '|',
      value = {
        "the cat        |Cat                |1|1",
        "cat            |cat sat            |0|0.6666666666666666",
        // words count as often as they are there: 2 of 3 and 2 of 2
        "no no no       |no no              |0|0.8",
        "a b c          |x y z              |0|0",
        "dog            |cat;the dog        |1|1",
        "sat on mat     |sat;on the mat     |0|0.8",
        // an article alone is as good as nothing
        "the            |a                  |1|1",
        "cat            |the                |0|0",
        "''             |cat                |0|0",
        // accepted answers of which nothing is left are dropped when there are others
        "a              |the;cat            |0|0",
      })
  void scores(String answer, String accepted, double exact, double f1) {
    AnsweredQuestion question = answered("q", answer, 0, accepted.split(";", -1));

    assertThat(value("exact", question)).isEqualTo(exact);
    assertThat(value("f1", question)).isCloseTo(f1, within(1e-12));
  }

  @Test
  @DisplayName("what was not answered counts 0, and what has no answer wants none")
  void version2() {
    List<AnsweredQuestion> questions =
        List.of(
            answered("right", "cat", -9, "cat"),
            answered("half", "cat", -3, "cat sat on mats"),
            answered("silent", "", 5, "dog"),
            new AnsweredQuestion("missing", null, null, 0, List.of("cow")),
            answered("rightly silent", "", 7),
            answered("talkative", "cat", -4));

    Map<String, Double> values = values(questions);

    assertThat(values.get("exact")).isCloseTo(2 / 6.0, within(1e-12));
    assertThat(values.get("f1")).isCloseTo(2.4 / 6, within(1e-12)); // 1 + 0.4 + 0 + 0 + 1 + 0
    assertThat(values.get("has_ans_exact")).isCloseTo(1 / 4.0, within(1e-12));
    assertThat(values.get("has_ans_f1")).isCloseTo(1.4 / 4, within(1e-12));
    assertThat(values.get("no_ans_exact")).isCloseTo(1 / 2.0, within(1e-12));
    // nothing answered is 2 of 6; by threshold: -9 gives 3, -4 takes it back, -3 gives 0.4 of f1,
    // 5 gives 1 (its best answer is right), 7 takes 1
    assertThat(values.get("best_exact")).isCloseTo(3 / 6.0, within(1e-12));
    assertThat(values.get("best_exact_thresh")).isEqualTo(-9);
    assertThat(values.get("best_f1")).isCloseTo(3.4 / 6, within(1e-12));
    assertThat(values.get("best_f1_thresh")).isEqualTo(5);
  }

  @Test
  @DisplayName("shares of what is not there are not defined")
  void notDefined() {
    assertThat(value("no_ans_f1", answered("q", "cat", 0, "cat"))).isNaN();
  }

  private static Map<String, Double> values(List<AnsweredQuestion> questions) {
    return SquadMetric.ALL.stream()
        .collect(Collectors.toMap(SquadMetric::name, metric -> metric.compute(questions)));
  }

  private static double value(String name, AnsweredQuestion question) {
    return values(List.of(question)).get(name);
  }

  private static AnsweredQuestion answered(
      String id, String answer, double noAnswer, String... accepted) {
    @Nullable String best = answer.isEmpty() ? "dog" : answer;
    return new AnsweredQuestion(id, answer, best, noAnswer, List.of(accepted));
  }
}
