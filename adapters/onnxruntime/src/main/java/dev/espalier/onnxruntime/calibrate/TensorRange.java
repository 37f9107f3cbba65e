package dev.espalier.onnxruntime.calibrate;

/**
 * The values that a tensor takes, as far as quantization is concerned.
 *
 * @param minimum the smallest
 * @param maximum the largest
 */
public record TensorRange(float minimum, float maximum) {}
