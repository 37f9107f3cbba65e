package dev.espalier.cli;

import dev.espalier.api.data.Head;
import dev.espalier.api.problem.Problem;
import dev.espalier.archive.ArchiveWriter;
import dev.espalier.checkpoints.Checkpoints;
import dev.espalier.checkpoints.SafeTensorsStore;
import dev.espalier.checkpoints.hub.Hub;
import dev.espalier.checkpoints.hub.HubDatasets;
import dev.espalier.checkpoints.hub.HubReference;
import dev.espalier.core.data.EvaluationSet;
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
import dev.espalier.tasks.squad.QuestionSettings;
import dev.espalier.tasks.table.GenericTable;
import dev.espalier.tasks.text.Part;
import dev.espalier.tuner.plugin.PrunerCatalog;
import dev.espalier.tuner.prepare.Preflight;
import dev.espalier.tuner.prepare.RunServices;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Puts the adapters behind the tuner's ports, and the plugins into its catalogs. */
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
    return new Tasks(new HubDatasets(hub));
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

  /** The tasks behind the tuner's port. */
  private record Tasks(HubDatasets datasets) implements TaskSource {
    /** What the splits are called that each key stands for, the likeliest first. */
    private static final List<String> TRAIN = List.of("train");

    private static final List<String> EVALUATION = List.of("validation", "validation_matched");
    private static final List<String> MISMATCHED = List.of("validation_mismatched");

    @Override
    public TaskData load(Request request, byte[] tokenizerJson) {
      NativeCache.prepare();
      TaskLoader.Loaded loaded =
          TaskLoader.load(request(request, this::files, Part::of), tokenizerJson);
      return new TaskData(
          loaded.train(),
          loaded.calibration(),
          loaded.evaluations().stream()
              .map(each -> new EvaluationSet(each.suffix(), each.set(), each.decoder()))
              .toList(),
          loaded.metrics(),
          loaded.notes());
    }

    @Override
    public List<Mistake> check(Request request) {
      return TaskLoader.check(unread(request)).stream()
          .map(each -> new Mistake(each.code(), each.key(), each.message(), each.advice()))
          .toList();
    }

    @Override
    public Optional<Head> head(Request request) {
      return TaskLoader.head(unread(request));
    }

    @Override
    public List<Problem> checkColumns(Request request) {
      return TaskLoader.checkColumns(unread(request));
    }

    private List<Path> files(String reference, List<String> splits) {
      return PretrainedModels.isElsewhere(reference)
          ? datasets.files(reference, splits)
          : List.of(Path.of(reference));
    }

    /**
     * For what is asked before any file is looked for, and of a draft, too: a part that is no part
     * is reported elsewhere.
     */
    private static TaskLoader.Request unread(Request request) {
      return request(
          request,
          (reference, splits) ->
              List.of(
                  PretrainedModels.isElsewhere(reference)
                      ? Path.of(
                          URLEncoder.encode(
                              reference.contains("#") ? reference : reference + splits,
                              StandardCharsets.UTF_8))
                      : Path.of(reference)),
          part -> Part.parse(part).orElse(Part.ALL));
    }

    private static TaskLoader.Request request(
        Request request,
        BiFunction<String, List<String>, List<Path>> files,
        Function<String, Part> parts) {
      return new TaskLoader.Request(
          request.task(),
          file(request.train(), TRAIN, files, parts),
          file(request.calibration(), TRAIN, files, parts),
          file(request.evaluation(), EVALUATION, files, parts),
          file(request.evaluationMismatched(), MISMATCHED, files, parts),
          columns(request.columns()),
          request.labels(),
          request.trainExamples(),
          request.evaluationExamples(),
          request.maxSequenceLength(),
          questions(request.questions()),
          request.seed());
    }

    private static TaskLoader.@Nullable DataFile file(
        @Nullable DataFile asked,
        List<String> splits,
        BiFunction<String, List<String>, List<Path>> files,
        Function<String, Part> parts) {
      if (asked == null) {
        return null;
      }
      String written = asked.part();
      Part part = written == null ? Part.ALL : parts.apply(written);
      return new TaskLoader.DataFile(files.apply(asked.reference(), splits), part);
    }

    private static GenericTable.@Nullable Columns columns(Columns columns) {
      return columns.equals(new Columns(null, null, null, null))
          ? null
          : new GenericTable.Columns(
              columns.text(), columns.textPair(), columns.label(), columns.value());
    }

    private static QuestionSettings questions(Questions questions) {
      return new QuestionSettings(
          questions.docStride(),
          questions.maxQueryLength(),
          questions.nBestSize(),
          questions.maxAnswerLength(),
          questions.nullScoreDiffThreshold());
    }

    @Override
    public List<String> names() {
      return TaskLoader.names();
    }
  }
}
