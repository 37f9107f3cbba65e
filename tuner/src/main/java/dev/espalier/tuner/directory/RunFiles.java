package dev.espalier.tuner.directory;

/** Names of what a run writes, relative to its directory or to a trial's folder. */
public final class RunFiles {
  /** Weights of the baseline, of a trial, and of the best model. */
  public static final String WEIGHTS = "model.safetensors";

  /** The quantized file of a trial and of the best model. */
  public static final String INT8 = "model.int8.onnx";

  /** The folder that is handed over. */
  public static final String BEST = "best";

  /** The model card in it. */
  public static final String CARD = BEST + "/README.md";

  private RunFiles() {}
}
