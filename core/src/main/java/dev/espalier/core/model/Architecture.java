package dev.espalier.core.model;

import dev.espalier.api.data.Head;
import java.util.Map;

/** What must be known of a model beside the values of its weights. */
public sealed interface Architecture permits BertArchitecture, TorchScript {
  /** What a model of this kind is exported to. */
  ModelFormat format();

  /** What every parameter of the encoder begins with; empty when the whole model is one. */
  String encoder();

  /** Whether a parameter may be pruned, provided that it is a matrix. */
  boolean isPrunable(String name);

  /** Whether training leaves a parameter as it is. */
  boolean isFrozen(String name);

  /** Whether a parameter belongs to a head that another one may take the place of. */
  boolean isOfHeads(String name);

  /**
   * The linear layers that a head has, in the order of the data: prefix to [out, in]. Empty for a
   * model whose head comes with it.
   */
  Map<String, int[]> headLayers(Head head);

  /** The longest input in tokens; {@link Integer#MAX_VALUE} when that is not known. */
  int longestInput();
}
