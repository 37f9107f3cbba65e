package dev.espalier.config.foreign;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/** What the environment and the command line say about our keys; they stand above the file. */
public interface Overrides {
  /** No source sets anything. */
  Overrides NONE =
      new Overrides() {
        @Override
        public @Nullable String by(String path) {
          return null;
        }

        @Override
        public @Nullable JsonNode value(String path) {
          return null;
        }
      };

  /**
   * Who sets {@code path}, for instance {@code --set model.checkpoint=x}; null when nobody does.
   */
  @Nullable String by(String path);

  /** What {@code path} is set to; null when nobody sets it, or when it is set to nothing. */
  @Nullable JsonNode value(String path);
}
