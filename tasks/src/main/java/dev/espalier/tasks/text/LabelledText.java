package dev.espalier.tasks.text;

import org.jspecify.annotations.Nullable;

/**
 * One example before it is tokenized.
 *
 * @param first the text, or the first of two
 * @param second the second text of a pair task, or null
 * @param label index of the class, from 0
 */
public record LabelledText(String first, @Nullable String second, int label) {
  /** An example of a task with a single text. */
  public static LabelledText single(String text, int label) {
    return new LabelledText(text, null, label);
  }

  /** The same texts with label 0, so that equal texts are equal whatever they are labelled. */
  public LabelledText withoutLabel() {
    return label == 0 ? this : new LabelledText(first, second, 0);
  }
}
