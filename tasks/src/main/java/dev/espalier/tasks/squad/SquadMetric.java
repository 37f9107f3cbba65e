package dev.espalier.tasks.squad;

import dev.espalier.api.metric.AnswerMetric;
import dev.espalier.api.metric.AnsweredQuestion;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.function.ToDoubleBiFunction;
import java.util.function.ToDoubleFunction;

/**
 * The numbers of SQuAD's evaluation, as shares and not percentages. A question that was not
 * answered counts 0, as in the official scripts.
 *
 * <p>{@code exact} and {@code f1} are means over all questions; with {@code has_ans_} and {@code
 * no_ans_} over those that have an answer and those that have none. {@code best_exact} and {@code
 * best_f1} are what the best threshold for giving no answer would reach on this set, {@code
 * best_exact_thresh} and {@code best_f1_thresh} that threshold; their answers are the best ones
 * that are not empty.
 *
 * @param name the metric's name
 * @param value computes it
 */
public record SquadMetric(String name, ToDoubleFunction<List<AnsweredQuestion>> value)
    implements AnswerMetric {
  /** All of them. */
  public static final List<SquadMetric> ALL =
      List.of(
          mean("f1", SquadScore::f1, question -> true),
          mean("exact", SquadScore::exact, question -> true),
          mean("has_ans_f1", SquadScore::f1, SquadMetric::isAnswerable),
          mean("has_ans_exact", SquadScore::exact, SquadMetric::isAnswerable),
          mean("no_ans_f1", SquadScore::f1, question -> !isAnswerable(question)),
          mean("no_ans_exact", SquadScore::exact, question -> !isAnswerable(question)),
          new SquadMetric("best_f1", all -> best(all, SquadScore::f1).value()),
          new SquadMetric("best_f1_thresh", all -> best(all, SquadScore::f1).threshold()),
          new SquadMetric("best_exact", all -> best(all, SquadScore::exact).value()),
          new SquadMetric("best_exact_thresh", all -> best(all, SquadScore::exact).threshold()));

  @Override
  public boolean higherIsBetter() {
    return true;
  }

  @Override
  public double compute(List<AnsweredQuestion> questions) {
    return value.applyAsDouble(questions);
  }

  private static SquadMetric mean(
      String name, ToDoubleBiFunction<String, String> score, Predicate<AnsweredQuestion> counted) {
    return new SquadMetric(
        name,
        all -> {
          double sum = 0;
          int count = 0;
          for (AnsweredQuestion question : all) {
            if (counted.test(question)) {
              String answer = question.answer();
              sum += answer == null ? 0 : SquadScore.best(score, answer, question);
              count++;
            }
          }
          return sum / count; // NaN when there is none of them
        });
  }

  private static boolean isAnswerable(AnsweredQuestion question) {
    return !question.accepted().isEmpty();
  }

  private record Best(double value, double threshold) {}

  /**
   * Beginning with no answer to anything, questions are answered in the order of their threshold,
   * and the best mean on the way is kept.
   */
  private static Best best(
      List<AnsweredQuestion> questions, ToDoubleBiFunction<String, String> score) {
    double current = questions.stream().filter(question -> !isAnswerable(question)).count();
    double best = current;
    double threshold = questions.isEmpty() ? Double.NaN : 0;
    List<AnsweredQuestion> inOrder = new ArrayList<>(questions);
    inOrder.removeIf(question -> question.best() == null);
    inOrder.sort(Comparator.comparingDouble(AnsweredQuestion::noAnswer));
    for (AnsweredQuestion question : inOrder) {
      String answer = Objects.requireNonNull(question.best());
      current += isAnswerable(question) ? SquadScore.best(score, answer, question) : -1;
      if (current > best) {
        best = current;
        threshold = question.noAnswer();
      }
    }
    return new Best(best / questions.size(), threshold);
  }
}
