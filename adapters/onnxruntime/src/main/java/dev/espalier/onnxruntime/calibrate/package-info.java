/** Ranges of activations from examples: what static quantization has to know. */
@NullMarked
package dev.espalier.onnxruntime.calibrate;

import org.jspecify.annotations.NullMarked;
