package dev.espalier.tasks.squad;

import dev.espalier.api.data.EncodedExample;
import dev.espalier.api.data.Target;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.core.data.TaskSource.Questions;
import dev.espalier.tasks.text.PieceEncoder;
import dev.espalier.tasks.text.PieceEncoder.Frame;
import dev.espalier.tasks.text.PieceEncoder.Pieces;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Questions as a model reads them: the question and a window over the paragraph, as many windows as
 * it takes to see all of it. The model is to point at the first and the last token of the answer,
 * or at the first special token when the window does not hold it whole.
 *
 * @param examples one for each window
 * @param windows what each example shows, in the same order
 * @param misplaced how many questions were left out because their answer is not where it is said to
 *     be
 */
record Windows(List<EncodedExample> examples, List<Window> windows, int misplaced) {
  /** Where the model points when there is nothing to point at. */
  static final int NOWHERE = 0;

  /**
   * What an example shows.
   *
   * @param question index of the question
   * @param context the pieces of its whole paragraph, shared by its windows
   * @param from the first piece of the window
   * @param to behind its last piece
   * @param offset where the window's first piece stands in the example
   * @param length the example's length in tokens
   */
  record Window(int question, Pieces context, int from, int to, int offset, int length) {
    /** How much of the paragraph around a piece the window shows. */
    double contextOf(int piece) {
      return Math.min(piece - from, to - 1 - piece) + 0.01 * (to - from);
    }
  }

  /**
   * Makes them.
   *
   * @param training whether the model is told where the answer is; questions whose answer is not
   *     where it is said to be are then left out
   * @param maxSequenceLength longest example in tokens, special tokens included
   * @throws ProblemException of kind configuration when the windows would leave gaps
   */
  static Windows of(
      List<Question> questions,
      boolean training,
      int maxSequenceLength,
      Questions settings,
      PieceEncoder encoder) {
    Frame frame = encoder.frame();
    int least = maxSequenceLength - settings.maxQueryLength() - frame.size();
    if (settings.docStride() > least) {
      throw ProblemException.of(
          ProblemKind.CONFIGURATION,
          "data.doc_stride is "
              + settings.docStride()
              + ", but beside a long question a window has room for "
              + least
              + " tokens of the paragraph, so some would never be seen",
          "data.max_sequence_length ("
              + maxSequenceLength
              + ") is 384 for SQuAD; or lower data.doc_stride or data.max_query_length ("
              + settings.maxQueryLength()
              + ")");
    }
    List<EncodedExample> examples = new ArrayList<>();
    List<Window> windows = new ArrayList<>();
    int misplaced = 0;
    @Nullable String paragraph = null;
    Pieces context = new Pieces(new int[0], new int[0], new int[0]);
    for (int q = 0; q < questions.size(); q++) {
      Question question = questions.get(q);
      if (!question.context().equals(paragraph)) {
        paragraph = question.context();
        context = encoder.encode(paragraph);
      }
      int[] asked = encoder.encode(question.text()).ids();
      int[] query = Arrays.copyOf(asked, Math.min(asked.length, settings.maxQueryLength()));
      Target.@Nullable Span answer = null;
      if (training && !question.answers().isEmpty()) {
        answer = answer(question, context);
        if (answer == null) {
          misplaced++;
          continue;
        }
      }
      int room = maxSequenceLength - query.length - frame.size();
      for (int from = 0; ; from += settings.docStride()) {
        int to = Math.min(context.size(), from + room);
        int offset = frame.before().length + query.length + frame.between().length;
        Window window =
            new Window(q, context, from, to, offset, offset + to - from + frame.after().length);
        windows.add(window);
        examples.add(example(window, query, frame, answer));
        if (to == context.size()) {
          break;
        }
      }
    }
    return new Windows(examples, windows, misplaced);
  }

  /** The pieces that cover the first answer; null when it is not where it is said to be. */
  private static Target.@Nullable Span answer(Question question, Pieces context) {
    Question.Answer answer = question.answers().get(0);
    int start = answer.start();
    int count = answer.text().codePointCount(0, answer.text().length());
    String paragraph = question.context();
    int length = paragraph.codePointCount(0, paragraph.length());
    if (count == 0
        || start > length - count
        || !paragraph.startsWith(answer.text(), paragraph.offsetByCodePoints(0, start))) {
      return null;
    }
    int end = start + count;
    int first = 0;
    while (first < context.size() && context.ends()[first] <= start) {
      first++;
    }
    int last = context.size() - 1;
    while (last >= 0 && context.starts()[last] >= end) {
      last--;
    }
    return first <= last ? new Target.Span(first, last) : null;
  }

  private static EncodedExample example(
      Window window, int[] query, Frame frame, Target.@Nullable Span answer) {
    int shown = window.to() - window.from();
    int[] ids = new int[window.length()];
    int[] types = new int[ids.length];
    int at = 0;
    int[][] parts = {
      frame.before(),
      query,
      frame.between(),
      Arrays.copyOfRange(window.context().ids(), window.from(), window.to()),
      frame.after()
    };
    for (int p = 0; p < parts.length; p++) {
      for (int i = 0; i < parts[p].length; i++) {
        ids[at] = parts[p][i];
        types[at] = frame.types()[p][p % 2 == 1 ? 0 : i];
        at++;
      }
    }
    boolean whole =
        answer != null && answer.start() >= window.from() && answer.end() < window.from() + shown;
    Target target =
        answer == null || !whole
            ? new Target.Span(NOWHERE, NOWHERE)
            : new Target.Span(
                window.offset() + answer.start() - window.from(),
                window.offset() + answer.end() - window.from());
    return new EncodedExample(ids, types, target);
  }
}
