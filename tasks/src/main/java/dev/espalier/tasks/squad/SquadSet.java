package dev.espalier.tasks.squad;

import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.data.Head;
import dev.espalier.api.metric.AnswerDecoder;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.core.data.TaskSource.Questions;
import dev.espalier.tasks.text.Part;
import dev.espalier.tasks.text.PieceEncoder;
import dev.espalier.tasks.text.TextFile;
import java.util.List;

/**
 * A SQuAD file as a model reads it.
 *
 * @param questions the questions
 * @param set an example for each window over a paragraph
 * @param decoder makes answers to the questions
 */
public record SquadSet(List<Question> questions, EncodedSet set, AnswerDecoder decoder) {
  /** Copies the list. */
  public SquadSet {
    questions = List.copyOf(questions);
  }

  /**
   * Reads and tokenizes a file.
   *
   * @param name what the set is used for, {@code train} for a model to be told the answers
   * @param unanswerable whether it is SQuAD 2.0
   * @param part the paragraphs to use
   * @throws ProblemException of kind input when the file is broken, or when every answer that a
   *     model would be told is misplaced; of kind configuration when the windows would leave gaps
   */
  public static SquadSet of(
      String name,
      TextFile file,
      boolean unanswerable,
      Part part,
      int maxSequenceLength,
      Questions settings,
      PieceEncoder encoder) {
    List<Question> questions = SquadReader.read(file, unanswerable, part);
    Windows windows =
        Windows.of(questions, name.equals("train"), maxSequenceLength, settings, encoder);
    if (windows.examples().isEmpty()) {
      throw misplaced(file, questions);
    }
    String source =
        file.source()
            + (part.isAll() ? "" : ", paragraphs " + part)
            + (windows.misplaced() == 0
                ? ""
                : ", without "
                    + windows.misplaced()
                    + " whose answer is not where it is said to be");
    return new SquadSet(
        questions,
        new EncodedSet(name, source, file.sha256(), new Head.Spans(), windows.examples()),
        new SpanDecoder(questions, windows.windows(), settings, unanswerable));
  }

  private static ProblemException misplaced(TextFile file, List<Question> questions) {
    Question first = questions.get(0);
    return ProblemException.at(
        ProblemKind.INPUT,
        Location.ofFile(file.source()),
        "no question can be trained on, because none of the "
            + questions.size()
            + " answers is where answer_start says; the first is that of \""
            + first.id()
            + "\": \""
            + first.answers().get(0).text()
            + "\" is not at "
            + first.answers().get(0).start(),
        "answer_start counts characters (code points) of the context from 0.");
  }
}
