package dev.espalier.core.export;

import dev.espalier.core.model.TransformerWeights;
import java.nio.file.Path;

/** Stores weights as small as they get: int8 values, and where they are. */
@FunctionalInterface
public interface SparseArchives {
  /**
   * Writes {@code file} as a whole or not at all.
   *
   * @return its size in bytes
   */
  long pack(Path file, TransformerWeights weights);
}
