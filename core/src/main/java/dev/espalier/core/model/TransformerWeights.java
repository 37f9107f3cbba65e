package dev.espalier.core.model;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A model's weights outside of any engine, under the names that its parameters have: for BERT's
 * family those of Hugging Face ({@code bert.encoder.layer.0.attention.self.query.weight}, [out,
 * in]).
 *
 * @param architecture the shape that the names follow from
 * @param tensors every parameter by name
 */
public record TransformerWeights(Architecture architecture, SortedMap<String, Tensor> tensors) {
  /** Copies the map, not the values. */
  public TransformerWeights {
    tensors = Collections.unmodifiableSortedMap(new TreeMap<>(tensors));
  }

  /**
   * A parameter that must be there.
   *
   * @throws IllegalArgumentException when it is not
   */
  public Tensor get(String name) {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException("the model has no parameter " + name);
    }
    return tensor;
  }

  /**
   * The shape of an encoder of BERT's family.
   *
   * @throws IllegalArgumentException when the model is none
   */
  public BertArchitecture bert() {
    if (architecture instanceof BertArchitecture bert) {
      return bert;
    }
    throw new IllegalArgumentException("no model of BERT's family, but " + architecture);
  }

  /** The number of values in all parameters. */
  public long size() {
    return tensors.values().stream().mapToLong(t -> t.values().length).sum();
  }
}
