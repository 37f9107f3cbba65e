package dev.espalier.tuner.run;

/** Names of what a run writes, relative to its directory or to a trial's folder. */
final class RunFiles {
  /** Weights of the baseline, of a trial, and of the best model. */
  static final String WEIGHTS = "model.safetensors";

  /** The quantized file of a trial and of the best model. */
  static final String INT8 = "model.int8.onnx";

  /** The folder that is handed over. */
  static final String BEST = "best";

  /** The model card in it. */
  static final String CARD = BEST + "/README.md";

  private RunFiles() {}
}
