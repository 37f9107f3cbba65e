package dev.espalier.tuner.run;

import dev.espalier.api.metric.Metric;
import dev.espalier.tuner.plugin.PrunerCatalog;
import dev.espalier.tuner.plugin.StrategyCatalog;
import dev.espalier.tuner.port.CheckpointStore;
import dev.espalier.tuner.port.ExportedModels;
import dev.espalier.tuner.port.FinePruner;
import dev.espalier.tuner.port.ModelFormat;
import dev.espalier.tuner.port.OnnxTools;
import dev.espalier.tuner.port.PretrainedModels;
import dev.espalier.tuner.port.SparseArchives;
import dev.espalier.tuner.port.TaskSource;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a run works with.
 *
 * @param models loads what training starts from
 * @param tasks reads the data
 * @param finePruner trains
 * @param checkpoints keeps weights
 * @param onnx exports, quantizes and measures
 * @param scripts the same for TorchScript, which is not quantized
 * @param archives stores the best model as small as it gets
 * @param pruners the pruners that there are
 * @param strategies the tuning strategies that there are
 * @param metrics the metrics that there are
 * @param libraryVersions versions of the libraries below, for {@code environment.json}
 */
public record RunServices(
    PretrainedModels models,
    TaskSource tasks,
    FinePruner finePruner,
    CheckpointStore checkpoints,
    OnnxTools onnx,
    ExportedModels scripts,
    SparseArchives archives,
    PrunerCatalog pruners,
    StrategyCatalog strategies,
    List<Metric> metrics,
    Map<String, String> libraryVersions) {
  /** Copies the collections. */
  public RunServices {
    metrics = List.copyOf(metrics);
    libraryVersions = Collections.unmodifiableMap(new TreeMap<>(libraryVersions));
  }

  /** What writes and measures files of a format. */
  ExportedModels exported(ModelFormat format) {
    return switch (format) {
      case ONNX -> onnx;
      case TORCHSCRIPT -> scripts;
    };
  }
}
