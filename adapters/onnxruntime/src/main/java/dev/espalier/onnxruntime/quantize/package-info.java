/** Post-training quantization as a rewrite of ONNX graphs. */
@NullMarked
package dev.espalier.onnxruntime.quantize;

import org.jspecify.annotations.NullMarked;
