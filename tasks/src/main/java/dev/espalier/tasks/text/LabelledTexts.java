package dev.espalier.tasks.text;

import java.util.List;

/**
 * A set of examples before they are tokenized.
 *
 * @param source where they came from, as the user knows it: a path, or a description of the twin
 * @param sha256 hash of the raw content in hexadecimal: the bytes of the file, or the generated
 *     text
 * @param examples in the order of the source
 */
public record LabelledTexts(String source, String sha256, List<LabelledText> examples) {
  /** Copies the list. */
  public LabelledTexts {
    examples = List.copyOf(examples);
  }

  /** Only the rows of a part. */
  public LabelledTexts part(Part part) {
    return part.isAll()
        ? this
        : new LabelledTexts(source + ", rows " + part, sha256, part.of(examples, "rows", source));
  }
}
