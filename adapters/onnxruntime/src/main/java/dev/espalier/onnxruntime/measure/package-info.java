/** Accuracy, latency and fused operators of ONNX files, through ONNX Runtime. */
@NullMarked
package dev.espalier.onnxruntime.measure;

import org.jspecify.annotations.NullMarked;
