package dev.espalier.tasks.text;

import dev.espalier.api.data.Target;
import org.jspecify.annotations.Nullable;

/**
 * One example before it is tokenized.
 *
 * @param first the text, or the first of two
 * @param second the second text of a pair task, or null
 * @param target the class or the number to answer with
 */
public record LabelledText(String first, @Nullable String second, Target target) {
  private static final Target NONE = new Target.Label(0);

  /** An example of a class, by the index of the class. */
  public LabelledText(String first, @Nullable String second, int label) {
    this(first, second, new Target.Label(label));
  }

  /** An example of a task with a single text. */
  public static LabelledText single(String text, int label) {
    return new LabelledText(text, null, label);
  }

  /**
   * The index of the class.
   *
   * @throws IllegalStateException when the target is not a class
   */
  public int label() {
    if (target instanceof Target.Label label) {
      return label.index();
    }
    throw new IllegalStateException("the target is not a class but " + target);
  }

  /** The length of the text, or of both. */
  int characters() {
    return first.length() + (second == null ? 0 : second.length());
  }

  /** The same texts with label 0, so that equal texts are equal whatever they are labelled. */
  public LabelledText withoutLabel() {
    return target.equals(NONE) ? this : new LabelledText(first, second, NONE);
  }
}
