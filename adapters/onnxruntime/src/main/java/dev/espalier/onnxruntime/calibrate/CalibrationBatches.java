package dev.espalier.onnxruntime.calibrate;

import java.util.Map;

/**
 * Examples to calibrate on: batches of a model's inputs by name. May hold more inputs than a model
 * reads. Can be walked several times and yields the same batches in the same order each time; a
 * batch lives only until the next one is asked for, so that memory doesn't grow with their number.
 */
@FunctionalInterface
public interface CalibrationBatches extends Iterable<Map<String, OnnxInput>> {}
