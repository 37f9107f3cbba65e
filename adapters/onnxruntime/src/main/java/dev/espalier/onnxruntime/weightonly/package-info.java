/** Weights in blocks of 4 or 8 bits with float activations: MatMulNBits. */
@NullMarked
package dev.espalier.onnxruntime.weightonly;

import org.jspecify.annotations.NullMarked;
