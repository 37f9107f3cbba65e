package dev.espalier.tasks.squad;

import dev.espalier.api.metric.AnswerDecoder;
import dev.espalier.api.metric.AnsweredQuestion;
import dev.espalier.core.data.TaskSource.Questions;
import dev.espalier.tasks.squad.Windows.Window;
import dev.espalier.tasks.text.PieceEncoder.Pieces;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads answers as the reference scripts do: in each window the likeliest first and last tokens are
 * combined; what is no stretch of the paragraph, is too long, or begins at a piece that another
 * window shows more of the paragraph around is dropped; the pair with the largest sum of logits is
 * the answer, of equal ones the first.
 *
 * <p>The answer's text is that of the paragraph from the first token's beginning to the last one's
 * end. Padding is not looked at.
 */
final class SpanDecoder implements AnswerDecoder {
  private final List<Question> questions;
  private final List<List<Integer>> examplesOf;
  private final List<Window> windows;
  private final Questions settings;
  private final boolean unanswerable;

  SpanDecoder(
      List<Question> questions, List<Window> windows, Questions settings, boolean unanswerable) {
    this.questions = questions;
    this.windows = windows;
    this.settings = settings;
    this.unanswerable = unanswerable;
    this.examplesOf = new ArrayList<>();
    questions.forEach(question -> examplesOf.add(new ArrayList<>()));
    for (int i = 0; i < windows.size(); i++) {
      examplesOf.get(windows.get(i).question()).add(i);
    }
  }

  @Override
  public List<AnsweredQuestion> decode(float[][] start, float[][] end) {
    return IntStream.range(0, questions.size())
        .mapToObj(question -> answer(question, start, end))
        .toList();
  }

  private AnsweredQuestion answer(int number, float[][] start, float[][] end) {
    Question question = questions.get(number);
    List<String> accepted = question.answers().stream().map(Question.Answer::text).toList();
    List<Integer> examples =
        examplesOf.get(number).stream().filter(example -> example < start.length).toList();
    if (examples.isEmpty()) {
      return new AnsweredQuestion(question.id(), null, null, 0, accepted);
    }
    @Nullable Candidate best = null;
    double nothing = Double.POSITIVE_INFINITY;
    for (int example : examples) {
      Candidate candidate = best(example, examplesOf.get(number), start[example], end[example]);
      if (candidate != null && (best == null || candidate.score() > best.score())) {
        best = candidate;
      }
      double here = (double) start[example][Windows.NOWHERE] + end[example][Windows.NOWHERE];
      nothing = Math.min(nothing, here);
    }
    if (best == null) {
      return new AnsweredQuestion(question.id(), "", null, Double.POSITIVE_INFINITY, accepted);
    }
    String text = text(question.context(), best);
    double noAnswer = nothing - best.score();
    boolean silent = unanswerable && noAnswer > settings.nullScoreDiffThreshold();
    return new AnsweredQuestion(question.id(), silent ? "" : text, text, noAnswer, accepted);
  }

  /** A stretch of pieces of a paragraph. */
  private record Candidate(Pieces context, int first, int last, double score) {}

  private @Nullable Candidate best(
      int example, List<Integer> siblings, float[] start, float[] end) {
    Window window = windows.get(example);
    int[] starts = likeliest(start, window.length());
    int[] ends = likeliest(end, window.length());
    @Nullable Candidate best = null;
    for (int from : starts) {
      int first = from - window.offset() + window.from();
      if (!isShown(window, first) || mostContext(first, siblings) != example) {
        continue;
      }
      for (int to : ends) {
        int last = to - window.offset() + window.from();
        double score = (double) start[from] + end[to];
        if (isShown(window, last)
            && last >= first
            && last - first < settings.maxAnswerLength()
            && window.context().ends()[last] > window.context().starts()[first]
            && (best == null || score > best.score())) {
          best = new Candidate(window.context(), first, last, score);
        }
      }
    }
    return best;
  }

  private static boolean isShown(Window window, int piece) {
    return piece >= window.from() && piece < window.to();
  }

  /** The example that shows most of the paragraph around a piece, of equal ones the first. */
  private int mostContext(int piece, List<Integer> siblings) {
    int most = -1;
    double context = Double.NEGATIVE_INFINITY;
    for (int example : siblings) {
      Window window = windows.get(example);
      if (isShown(window, piece) && window.contextOf(piece) > context) {
        most = example;
        context = window.contextOf(piece);
      }
    }
    return most;
  }

  /** Positions of the largest logits, the largest first, of equal ones the first. */
  private int[] likeliest(float[] logits, int length) {
    return IntStream.range(0, length)
        .filter(i -> !Float.isNaN(logits[i]))
        .boxed()
        .sorted(Comparator.comparing((Integer i) -> -logits[i]))
        .limit(settings.nBestSize())
        .mapToInt(Integer::intValue)
        .toArray();
  }

  private static String text(String paragraph, Candidate answer) {
    int start = answer.context().starts()[answer.first()];
    int end = answer.context().ends()[answer.last()];
    int from = paragraph.offsetByCodePoints(0, start);
    return paragraph.substring(from, paragraph.offsetByCodePoints(from, end - start));
  }
}
