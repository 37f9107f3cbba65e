/** ONNX and ONNX Runtime behind core's interfaces: import, export, int8, measuring. */
@NullMarked
package dev.espalier.onnxruntime;

import org.jspecify.annotations.NullMarked;
