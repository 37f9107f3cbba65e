/**
 * Reading, building and rewriting ONNX graphs, on the protobuf classes of the ONNX specification
 * ({@code onnx-ml.proto}). Knows no model and no quantization.
 */
@NullMarked
package dev.espalier.onnxruntime.graph;

import org.jspecify.annotations.NullMarked;
