package dev.espalier.config.foreign;

import java.util.Set;

/**
 * A configuration format of another tool, whose files are translated into our keys before they are
 * read. Found by {@link java.util.ServiceLoader}; an implementation is stateless and has a public
 * constructor without arguments.
 */
public interface ForeignFormat {
  /**
   * Names of the YAML tags that such files may carry, without the exclamation mark. They are
   * recorded in {@link ForeignFile#tags} and create no object.
   */
  Set<String> tags();

  /** Whether {@code file} was written in this format. */
  boolean recognizes(ForeignFile file);

  /**
   * Translates a file that {@link #recognizes} accepts.
   *
   * @param overrides the sources above the file, which may decide what the file leaves open
   */
  Translation translate(ForeignFile file, Overrides overrides);
}
