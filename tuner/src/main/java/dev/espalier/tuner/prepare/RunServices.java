package dev.espalier.tuner.prepare;

import dev.espalier.api.metric.Metric;
import dev.espalier.core.data.TaskSource;
import dev.espalier.core.export.ExportedModels;
import dev.espalier.core.export.OnnxTools;
import dev.espalier.core.export.SparseArchives;
import dev.espalier.core.model.CheckpointStore;
import dev.espalier.core.model.ModelFormat;
import dev.espalier.core.model.PretrainedModels;
import dev.espalier.core.training.FinePruner;
import dev.espalier.tuner.plugin.PrunerCatalog;
import dev.espalier.tuner.plugin.StrategyCatalog;
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
  public ExportedModels exported(ModelFormat format) {
    return switch (format) {
      case ONNX -> onnx;
      case TORCHSCRIPT -> scripts;
    };
  }
}
