package dev.espalier.cli;

import dev.espalier.api.metric.Metric;
import dev.espalier.archive.ArchiveWriter;
import dev.espalier.djl.DjlFinePruner;
import dev.espalier.djl.SafeTensors;
import dev.espalier.onnxruntime.OrtTools;
import dev.espalier.onnxruntime.bert.ClasspathModels;
import dev.espalier.tasks.TaskLoader;
import dev.espalier.tuner.plugin.PrunerCatalog;
import dev.espalier.tuner.port.TaskSource;
import dev.espalier.tuner.run.RunServices;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;

/** Puts the adapters behind the tuner's ports, and the plugins into its catalogs. */
final class Services {
  private Services() {}

  /** What a run works with. No native library is loaded before the run needs it. */
  static RunServices create(Plugins plugins) {
    PrunerCatalog pruners = plugins.pruners();
    Map<String, String> versions = new TreeMap<>(Versions.all());
    versions.putAll(plugins.versions());
    SafeTensors checkpoints = new SafeTensors();
    return new RunServices(
        new ClasspathModels(),
        new Tasks(),
        new DjlFinePruner(checkpoints),
        checkpoints,
        new OrtTools(),
        (file, weights) -> ArchiveWriter.pack(file, weights.tensors()),
        pruners,
        plugins.strategies(),
        metrics(),
        versions);
  }

  /** The metrics on the class path. */
  static List<Metric> metrics() {
    return ServiceLoader.load(Metric.class).stream().map(ServiceLoader.Provider::get).toList();
  }

  /** The tasks behind the tuner's port. */
  private static final class Tasks implements TaskSource {
    @Override
    public TaskData load(Request request, byte[] tokenizerJson) {
      TaskLoader.Loaded loaded =
          TaskLoader.load(
              new TaskLoader.Request(
                  request.task(),
                  request.train(),
                  request.evaluation(),
                  request.trainExamples(),
                  request.evaluationExamples(),
                  request.maxSequenceLength(),
                  request.seed()),
              tokenizerJson);
      return new TaskData(loaded.train(), loaded.evaluation());
    }

    @Override
    public List<String> names() {
      return TaskLoader.names();
    }
  }
}
