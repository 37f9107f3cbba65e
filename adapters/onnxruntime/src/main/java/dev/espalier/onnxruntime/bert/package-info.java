/** BERT-family models into and out of ONNX. */
@NullMarked
package dev.espalier.onnxruntime.bert;

import org.jspecify.annotations.NullMarked;
