package dev.espalier.api.data;

import java.util.List;

/**
 * A tokenized data set.
 *
 * @param name what it is used for: train, calibration or evaluation
 * @param source where it came from, as the user knows it: a path, or a description of the twin
 * @param sha256 hash of the raw content it was made from, in hexadecimal
 * @param labels the class names, in the order of the label indices
 * @param examples in the order of the source
 */
public record EncodedSet(
    String name, String source, String sha256, List<String> labels, List<EncodedExample> examples) {
  /** Copies the lists and checks that there is something in them. */
  public EncodedSet {
    labels = List.copyOf(labels);
    examples = List.copyOf(examples);
    if (examples.isEmpty()) {
      throw new IllegalArgumentException("the " + name + " set is empty: " + source);
    }
  }

  /** The number of examples. */
  public int size() {
    return examples.size();
  }
}
