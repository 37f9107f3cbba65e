package dev.espalier.core.model;

/** What a model is exported to, measured as, and handed on in. */
public enum ModelFormat {
  /** A graph for ONNX Runtime, which can be quantized. */
  ONNX("onnx", "model.onnx", "onnx"),
  /** A program for libtorch. */
  TORCHSCRIPT("torchscript", "model.pt", "pytorch");

  private final String key;
  private final String fileName;
  private final String library;

  ModelFormat(String key, String fileName, String library) {
    this.key = key;
    this.fileName = fileName;
    this.library = library;
  }

  /** How {@code result.json} calls it. */
  public String key() {
    return key;
  }

  /** How a run calls the file. */
  public String fileName() {
    return fileName;
  }

  /** What a model card names as the library that loads it. */
  public String library() {
    return library;
  }
}
