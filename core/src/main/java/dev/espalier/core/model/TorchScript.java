package dev.espalier.core.model;

import dev.espalier.api.data.Head;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A model that brings its own forward pass: a TorchScript file, whose parameters have names and
 * whose program is left to libtorch. It is pruned by name.
 *
 * @param file the file; other values of its parameters are put into a copy
 * @param inputs what its {@code forward} takes, in order
 */
public record TorchScript(Path file, List<Input> inputs) implements Architecture {
  /** What a model may be given, each int64 of [batch, sequence]. */
  public enum Input {
    /** Token ids. */
    INPUT_IDS,
    /** 1 for a token, 0 for padding. */
    ATTENTION_MASK,
    /** 0 for the first text, 1 for the second. */
    TOKEN_TYPE_IDS
  }

  /** Copies the list. */
  public TorchScript {
    inputs = List.copyOf(inputs);
  }

  /** Whether a path means such a file: by its ending, whether or not it is there. */
  public static boolean isFile(Path path) {
    return path.toString().endsWith(".pt");
  }

  @Override
  public ModelFormat format() {
    return ModelFormat.TORCHSCRIPT;
  }

  @Override
  public String encoder() {
    return "";
  }

  @Override
  public boolean isPrunable(String name) {
    return !isFrozen(name);
  }

  /** Embeddings stay as they are, as in movement pruning's reference; a name is all they have. */
  @Override
  public boolean isFrozen(String name) {
    return name.contains("embedding");
  }

  @Override
  public boolean isOfHeads(String name) {
    return false;
  }

  @Override
  public Map<String, int[]> headLayers(Head head) {
    return Map.of();
  }

  @Override
  public int longestInput() {
    return Integer.MAX_VALUE;
  }
}
