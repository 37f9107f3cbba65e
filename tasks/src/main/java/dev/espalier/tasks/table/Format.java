package dev.espalier.tasks.table;

/** How rows are written. */
public enum Format {
  /** Fields between tabs; a quotation mark is a character like any other, as in GLUE's files. */
  TSV("tab-separated"),
  /** Fields between commas, in quotation marks where need be (RFC 4180). */
  CSV("comma-separated"),
  /** A JSON object on each line. */
  JSONL("JSON"),
  /** Columns with names and types; read as if each row were a JSON object. */
  PARQUET("named");

  private final String words;

  Format(String words) {
    this.words = words;
  }

  /** What people call its fields. */
  String words() {
    return words;
  }
}
