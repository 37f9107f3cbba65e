/** Value ranges of activations. */
@NullMarked
package dev.espalier.onnxruntime.calibrate;

import org.jspecify.annotations.NullMarked;
