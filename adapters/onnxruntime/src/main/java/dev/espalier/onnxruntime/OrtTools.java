package dev.espalier.onnxruntime;

import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.data.Head;
import dev.espalier.core.export.OnnxTools;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.core.quantization.PreparedQuantization;
import dev.espalier.core.quantization.QuantizationPlan;
import dev.espalier.onnxruntime.bert.BertOnnxExporter;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import dev.espalier.onnxruntime.measure.OrtMeter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The tuner's port to ONNX: exporter, quantizer and meter behind one interface. */
public final class OrtTools implements OnnxTools {
  private final OrtMeter meter = new OrtMeter();

  /** Tools that keep nothing between two calls. */
  public OrtTools() {}

  @Override
  public void export(TransformerWeights weights, Head head, Path file) {
    BertOnnxExporter.export(weights, head, file);
  }

  @Override
  public Set<String> operatorNames(TransformerWeights weights, Head head) {
    return OperatorList.names(OnnxGraph.of(BertOnnxExporter.withAnyHead(weights, head)));
  }

  @Override
  public PreparedQuantization prepare(
      Path source, QuantizationPlan plan, @Nullable EncodedSet calibration) {
    return new CalibratedQuantization(source, plan, calibration);
  }

  @Override
  public List<float[][]> outputs(Path file, EncodedSet set, int threads) {
    return meter.outputs(file, set, threads);
  }

  @Override
  public Map<String, Latency> measureLatency(Map<String, Path> files, LatencySettings settings) {
    return meter.measureLatency(files, settings);
  }

  @Override
  public Map<String, Integer> fusedOperators(Path file) {
    return meter.fusedOperators(file);
  }
}
