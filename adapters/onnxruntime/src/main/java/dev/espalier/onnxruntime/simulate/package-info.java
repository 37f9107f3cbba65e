/** The arithmetic of int8 layers in Java: what quantization would cost, operator by operator. */
@NullMarked
package dev.espalier.onnxruntime.simulate;

import org.jspecify.annotations.NullMarked;
