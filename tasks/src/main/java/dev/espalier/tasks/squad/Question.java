package dev.espalier.tasks.squad;

import java.util.List;

/**
 * A question about a paragraph.
 *
 * @param id its name in the file
 * @param text the question
 * @param context the paragraph; questions about the same one share the object
 * @param answers the answers that count as right, the one to train on first; empty when the
 *     paragraph does not answer it
 */
public record Question(String id, String text, String context, List<Answer> answers) {
  /** Copies the list. */
  public Question {
    answers = List.copyOf(answers);
  }

  /**
   * An answer.
   *
   * @param text the answer
   * @param start where it begins in the paragraph, in code points
   */
  public record Answer(String text, int start) {}
}
