package dev.espalier.tasks;

import dev.espalier.tasks.TaskLoader.Request;
import dev.espalier.tasks.text.TextFile;
import dev.espalier.tasks.twin.SentimentTwin;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The tasks that are generated, in the formats of those that they stand for. */
final class Twins {
  /** Their names. */
  static final List<String> NAMES = List.of(SentimentTwin.NAME);

  private Twins() {}

  /**
   * The files of a task, whether read or generated.
   *
   * @param task whose format they have
   * @param mismatched MNLI's second evaluation file, or null
   */
  record Files(String task, TextFile train, TextFile evaluation, @Nullable TextFile mismatched) {}

  /** The files of a twin with an example in each row; empty for another task. */
  static Optional<Files> tables(Request request) {
    return Optional.empty();
  }
}
