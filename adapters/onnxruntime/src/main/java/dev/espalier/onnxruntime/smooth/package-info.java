/** Moves the outliers of activations into weights before quantization: SmoothQuant. */
@NullMarked
package dev.espalier.onnxruntime.smooth;

import org.jspecify.annotations.NullMarked;
