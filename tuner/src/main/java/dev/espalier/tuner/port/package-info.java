/**
 * What the tuner asks of the world outside: training, checkpoints, ONNX. The adapters implement
 * these interfaces; the values are plain Java, so that no engine's types cross the border.
 */
@NullMarked
package dev.espalier.tuner.port;

import org.jspecify.annotations.NullMarked;
