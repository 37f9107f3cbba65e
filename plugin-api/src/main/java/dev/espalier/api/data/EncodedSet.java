package dev.espalier.api.data;

import java.util.List;

/**
 * A tokenized data set.
 *
 * @param name what it is used for: train, calibration or evaluation
 * @param source where it came from, as the user knows it: a path, or a description of the twin
 * @param sha256 hash of the raw content it was made from, in hexadecimal
 * @param head what a model answers with; the targets of all examples are of its kind
 * @param examples in the order of the source
 */
public record EncodedSet(
    String name, String source, String sha256, Head head, List<EncodedExample> examples) {
  /** Copies the list and checks that there is something in them. */
  public EncodedSet {
    examples = List.copyOf(examples);
    if (examples.isEmpty()) {
      throw new IllegalArgumentException("the " + name + " set is empty: " + source);
    }
  }

  /** A set for a classification, by the names of the classes in the order of their indices. */
  public EncodedSet(
      String name,
      String source,
      String sha256,
      List<String> labels,
      List<EncodedExample> examples) {
    this(name, source, sha256, new Head.Classification(labels), examples);
  }

  /** The class names, in the order of the label indices; empty when it is not about classes. */
  public List<String> labels() {
    return head instanceof Head.Classification classes ? classes.labels() : List.of();
  }

  /** The same set with other examples, such as the first few. */
  public EncodedSet with(List<EncodedExample> others) {
    return new EncodedSet(name, source, sha256, head, others);
  }

  /** The number of examples. */
  public int size() {
    return examples.size();
  }
}
