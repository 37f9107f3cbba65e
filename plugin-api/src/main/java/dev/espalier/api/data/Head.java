package dev.espalier.api.data;

import java.util.List;

/**
 * What a model answers with, and so the shape of its last layer. The examples of a set have {@link
 * Target}s of one kind: labels, values or spans.
 */
public sealed interface Head {
  /** The rows of the last layer's matrix. */
  int outputs();

  /**
   * A class for each example: {@code logits}, [batch, classes].
   *
   * @param labels the class names, in the order of the label indices
   */
  record Classification(List<String> labels) implements Head {
    /** Copies the list and checks that there are two classes. */
    public Classification {
      labels = List.copyOf(labels);
      if (labels.size() < 2) {
        throw new IllegalArgumentException("a classification needs two classes, found " + labels);
      }
    }

    @Override
    public int outputs() {
      return labels.size();
    }
  }

  /** A number for each example: {@code logits}, [batch, 1]. */
  record Regression() implements Head {
    @Override
    public int outputs() {
      return 1;
    }
  }

  /**
   * A stretch of tokens for each example: {@code start_logits} and {@code end_logits}, [batch,
   * sequence].
   */
  record Spans() implements Head {
    @Override
    public int outputs() {
      return 2;
    }
  }
}
