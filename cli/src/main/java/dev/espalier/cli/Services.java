package dev.espalier.cli;

import dev.espalier.api.problem.Problem;
import dev.espalier.archive.ArchiveWriter;
import dev.espalier.checkpoints.Checkpoints;
import dev.espalier.checkpoints.SafeTensorsStore;
import dev.espalier.checkpoints.hub.Hub;
import dev.espalier.checkpoints.hub.HubDatasets;
import dev.espalier.checkpoints.hub.HubReference;
import dev.espalier.core.data.TaskSource;
import dev.espalier.core.model.PretrainedModel;
import dev.espalier.core.model.PretrainedModels;
import dev.espalier.djl.DjlFinePruner;
import dev.espalier.djl.NativeCache;
import dev.espalier.djl.ScriptModels;
import dev.espalier.djl.ScriptTools;
import dev.espalier.onnxruntime.OrtTools;
import dev.espalier.onnxruntime.bert.ClasspathModels;
import dev.espalier.tasks.TaskLoader;
import dev.espalier.tuner.plugin.PrunerCatalog;
import dev.espalier.tuner.prepare.Preflight;
import dev.espalier.tuner.prepare.RunServices;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Puts the adapters behind core's interfaces, and the plugins into its catalogs. */
final class Services {
  private Services() {}

  /**
   * What a run works with. No native library is loaded before the run needs it. That ONNX Runtime's
   * can be is checked now, and that DJL's can be when the first of them is needed, for data:
   * neither after hours of training.
   */
  static RunServices create(Plugins plugins, Hub hub) {
    TemporaryFolder.check();
    PrunerCatalog pruners = plugins.pruners();
    Map<String, String> versions = new TreeMap<>(Versions.all());
    versions.putAll(plugins.versions());
    SafeTensorsStore checkpoints = new SafeTensorsStore();
    return new RunServices(
        models(hub),
        tasks(hub),
        new DjlFinePruner(checkpoints),
        checkpoints,
        new OrtTools(),
        new ScriptTools(),
        (file, weights) -> ArchiveWriter.pack(file, weights.tensors()),
        pruners,
        plugins.strategies(),
        plugins.metrics(),
        versions);
  }

  /** What is checked of a configuration without model and data. No native library is loaded. */
  static Preflight names(Plugins plugins) {
    return Preflight.ofNames(
        plugins.pruners(),
        plugins.strategies(),
        plugins.metrics(),
        tasks(new Hub(DownloadsOption.settings(false))));
  }

  /** Models from folders, from the hub, and those on the class path. */
  static PretrainedModels models(Hub hub) {
    return new Models(new ClasspathModels(), hub);
  }

  /** Data from files and from the hub. */
  static TaskSource tasks(Hub hub) {
    // No method reference, which would load DJL's classes for commands that need none.
    return new TaskLoader(new HubDatasets(hub)::files, () -> NativeCache.prepare());
  }

  private record Models(ClasspathModels named, Hub hub) implements PretrainedModels {
    @Override
    public PretrainedModel load(String reference) {
      if (PretrainedModels.isFolder(reference)) {
        Path path = Path.of(reference);
        return ScriptModels.find(path)
            .map(Models::loadScript)
            .orElseGet(() -> Checkpoints.load(path));
      }
      Optional<HubReference> known = HubReference.parse(reference);
      return known.isPresent() ? ofTheHub(known.orElseThrow()) : named.load(reference);
    }

    @Override
    public List<Problem> check(String reference) {
      if (PretrainedModels.isFolder(reference)) {
        Path path = Path.of(reference);
        return ScriptModels.find(path).isPresent() ? List.of() : Checkpoints.check(path);
      }
      return HubReference.parse(reference).map(hub::check).orElse(List.of());
    }

    private static PretrainedModel loadScript(Path file) {
      NativeCache.prepare();
      return ScriptModels.load(file);
    }

    private PretrainedModel ofTheHub(HubReference reference) {
      Hub.Snapshot snapshot = hub.snapshot(reference, Checkpoints::wanted);
      return Checkpoints.load(snapshot.folder()).named(reference.at(snapshot.commit()).toString());
    }

    @Override
    public List<String> references() {
      return named.references();
    }
  }
}
