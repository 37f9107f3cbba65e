/** ONNX and ONNX Runtime behind the tuner's ports: import, export, int8, measuring. */
@NullMarked
package dev.espalier.onnxruntime;

import org.jspecify.annotations.NullMarked;
