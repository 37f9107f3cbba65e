package dev.espalier.tuner.prepare;

import dev.espalier.api.data.Head;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.config.Configuration;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.core.files.Sha256;
import dev.espalier.core.model.Architecture;
import dev.espalier.core.model.BertArchitecture;
import dev.espalier.core.model.CheckpointStore;
import dev.espalier.core.model.ModelFormat;
import dev.espalier.core.model.NotFinite;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.model.TorchScript;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.tuner.directory.DiskProblems;
import dev.espalier.tuner.directory.RunFiles;
import dev.espalier.tuner.directory.Stages;
import dev.espalier.tuner.result.Criterion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** Where the dense model that trials are judged against comes from. */
public sealed interface BaselineSource {
  /** How results name it. */
  String label();

  /** What a user should know of it, a sentence each. */
  default List<String> notes() {
    return List.of();
  }

  /** The share of zeros in its prunable weights, as far as they are at hand. */
  default double sparsity() {
    return 0;
  }

  /** It is trained by the run. */
  record Trained() implements BaselineSource {
    @Override
    public String label() {
      return "trained";
    }
  }

  /**
   * It was trained before: its weights are exported and measured.
   *
   * @param file its safetensors
   * @param sha256 the file's hash
   * @param notes what a user should know of it, a sentence each
   * @param sparsity the share of zeros in its prunable weights
   */
  record Checkpoint(Path file, String sha256, List<String> notes, double sparsity)
      implements BaselineSource {
    /** Copies the list. */
    public Checkpoint {
      notes = List.copyOf(notes);
    }

    @Override
    public String label() {
      return "checkpoint";
    }
  }

  /**
   * It is not at hand: only its metrics are known, so its size and latency stay unknown.
   *
   * @param metrics each by name; every judged one is there
   */
  record Known(Map<String, Double> metrics) implements BaselineSource {
    /** Copies the map. */
    public Known {
      metrics = Map.copyOf(metrics);
    }

    @Override
    public String label() {
      return "given";
    }
  }

  /**
   * What weights may be called in a folder, in the order of preference: a run's dense ones first.
   */
  List<String> PLACES =
      List.of(
          RunFiles.WEIGHTS,
          Stages.folder(0) + "/" + RunFiles.WEIGHTS,
          RunFiles.BEST + "/" + RunFiles.WEIGHTS,
          ModelFormat.TORCHSCRIPT.fileName());

  /**
   * What the configuration says, checked as far as that needs no training.
   *
   * @param model the shape that a checkpoint must have
   * @param head what a checkpoint must answer with
   * @throws ProblemException of kind CONFIGURATION when a judged metric is not given, of kind INPUT
   *     when a checkpoint is missing, broken, or of another model
   */
  static BaselineSource of(
      ResolvedConfiguration resolved,
      Criterion criterion,
      TransformerWeights model,
      Head head,
      CheckpointStore checkpoints) {
    Configuration.Baseline asked = resolved.configuration().tuning().baseline();
    if (!asked.metrics().isEmpty()) {
      return known(resolved, asked.metrics(), criterion);
    }
    if (asked.checkpoint() == null) {
      return new Trained();
    }
    Path file =
        find(asked.checkpoint())
            .orElseThrow(() -> missing(resolved, asked.checkpoint(), LOOK_THERE));
    TransformerWeights weights = read(resolved, file, model, head, checkpoints);
    return new Checkpoint(
        file,
        sha256(file),
        classOrder(resolved, file, model, head, checkpoints).notes(file.toString()),
        StartingSparsity.of(weights));
  }

  private static Known known(
      ResolvedConfiguration resolved, Map<String, Double> metrics, Criterion criterion) {
    String path = "tuning.baseline.metrics";
    List<Problem> problems = new ArrayList<>();
    for (String judged : criterion.metrics()) {
      if (!metrics.containsKey(judged)) {
        problems.add(
            Problem.of(
                    ProblemCode.MISSING_KEY,
                    path + "." + judged,
                    "is missing; it is judged, so its baseline must be given",
                    "Add it, or let evaluation.accuracy name another metric.")
                .at(resolved.locate(path)));
      }
    }
    if (!problems.isEmpty()) {
      throw new ProblemException(problems);
    }
    return new Known(new TreeMap<>(metrics));
  }

  /** The file that is meant by a file or a folder; nothing when there is none. */
  static Optional<Path> find(Path named) {
    return Files.isDirectory(named)
        ? PLACES.stream().map(named::resolve).filter(Files::isRegularFile).findFirst()
        : Optional.of(named).filter(Files::isRegularFile);
  }

  /** What to do about a file that is missing, before a run began. */
  static final String LOOK_THERE =
      "Maybe the path is wrong: it is relative to the YAML file's folder.";

  /** The problem of a checkpoint that {@link #find} does not find. */
  static ProblemException missing(ResolvedConfiguration resolved, Path named, String advice) {
    return problem(
        resolved,
        ProblemCode.MISSING_FILE,
        named
            + (Files.isDirectory(named)
                ? " has none of " + String.join(", ", PLACES)
                : " does not exist"),
        advice);
  }

  /**
   * The dense weights of a checkpoint, those of the model and the head alone, with the rows of a
   * classifier in the order of the data. A TorchScript model, which comes with its head, may be its
   * own baseline.
   *
   * @throws ProblemException of kind INPUT when they are those of another model or of other
   *     classes, or one is not finite
   */
  static TransformerWeights read(
      ResolvedConfiguration resolved,
      Path file,
      TransformerWeights model,
      Head head,
      CheckpointStore checkpoints) {
    Architecture architecture = model.architecture();
    if (architecture instanceof TorchScript script && isOne(script.file(), file)) {
      return model;
    }
    SortedMap<String, Tensor> found = checkpoints.readTensors(file);
    if (found.keySet().stream().anyMatch(name -> name.endsWith("mask_scores"))) {
      throw problem(
          resolved,
          ProblemCode.BAD_DATA,
          file + " holds scores beside its weights, so it is no dense model",
          "Maybe the model that it was pruned from is meant.");
    }
    if (architecture instanceof BertArchitecture own) {
      checkSameModel(resolved, file, own, found.keySet(), model, checkpoints);
    }
    SortedMap<String, Tensor> taken = new TreeMap<>();
    model
        .tensors()
        .forEach(
            (name, tensor) -> {
              if (!architecture.isOfHeads(name)) {
                taken.put(name, matching(resolved, file, found, name, tensor.shape()));
              }
            });
    Map<String, int[]> layers = architecture.headLayers(head);
    String last = layers.keySet().stream().reduce("", (before, after) -> after);
    layers.forEach(
        (prefix, shape) -> {
          String weight = prefix + ".weight";
          if (prefix.equals(last)
              || model.tensors().containsKey(weight)
              || found.containsKey(weight)) {
            taken.put(weight, matching(resolved, file, found, weight, shape));
            Tensor bias = found.get(prefix + ".bias");
            if (bias != null) {
              taken.put(prefix + ".bias", bias);
            }
          }
        });
    NotFinite.in(taken)
        .ifPresent(
            what -> {
              throw problem(
                  resolved, ProblemCode.BAD_DATA, file + " has " + what, NotFinite.ADVICE);
            });
    return classOrder(resolved, file, model, head, checkpoints)
        .applied(new TransformerWeights(architecture, taken));
  }

  /**
   * The order of a checkpoint's classes: by name, or else that of its rows.
   *
   * @throws ProblemException of kind INPUT when they are others, or in an order that the model
   *     cannot be given
   */
  private static ClassOrder classOrder(
      ResolvedConfiguration resolved,
      Path file,
      TransformerWeights model,
      Head head,
      CheckpointStore checkpoints) {
    if (!(head instanceof Head.Classification classes)) {
      return ClassOrder.of(List.of(), List.of());
    }
    ClassOrder order = ClassOrder.of(checkpoints.labels(file), classes.labels());
    boolean fixed = model.architecture() instanceof TorchScript;
    if (order.kind() == ClassOrder.Kind.OTHER
        || (order.kind() == ClassOrder.Kind.PERMUTED && fixed)) {
      throw problem(
          resolved,
          ProblemCode.CONTRADICTION,
          order.difference(file.toString()),
          fixed ? ClassOrder.FIXED_ADVICE : ClassOrder.ADVICE);
    }
    return order;
  }

  /**
   * That weights of fitting shapes are those of the model, too: with a layer left out, or read with
   * other heads, they would be measured as a model that nobody has.
   */
  private static void checkSameModel(
      ResolvedConfiguration resolved,
      Path file,
      BertArchitecture own,
      Set<String> stored,
      TransformerWeights model,
      CheckpointStore checkpoints) {
    List<String> differences =
        new ArrayList<>(checkpoints.architecture(file).map(own::differences).orElse(List.of()));
    List<String> unused =
        stored.stream()
            .filter(name -> own.isPrunable(name) && !model.tensors().containsKey(name))
            .sorted()
            .toList();
    if (differences.isEmpty() && !unused.isEmpty()) {
      differences.add(unused.size() + " weights that the model has not, such as " + unused.get(0));
    }
    if (!differences.isEmpty()) {
      throw problem(
          resolved,
          ProblemCode.CONTRADICTION,
          file + " is of another model: it has " + String.join(", ", differences),
          "Set model.checkpoint and tuning.baseline.checkpoint to models of the same architecture.");
    }
  }

  private static boolean isOne(Path file, Path other) {
    return file.toAbsolutePath().normalize().equals(other.toAbsolutePath().normalize());
  }

  private static Tensor matching(
      ResolvedConfiguration resolved,
      Path file,
      Map<String, Tensor> found,
      String name,
      int[] shape) {
    Tensor tensor = found.get(name);
    if (tensor != null && Arrays.equals(tensor.shape(), shape)) {
      return tensor;
    }
    throw problem(
        resolved,
        ProblemCode.BAD_DATA,
        file
            + " is of another model: "
            + name
            + " must be "
            + Arrays.toString(shape)
            + ", and is "
            + (tensor == null ? "not there" : Arrays.toString(tensor.shape())),
        "Maybe another model.checkpoint or data.task is meant.");
  }

  private static ProblemException problem(
      ResolvedConfiguration resolved, ProblemCode code, String message, String advice) {
    String path = "tuning.baseline.checkpoint";
    return new ProblemException(
        List.of(
            new Problem(ProblemKind.INPUT, code, resolved.locate(path), path, message, advice)));
  }

  private static String sha256(Path file) {
    try {
      return Sha256.of(file);
    } catch (IOException e) {
      throw DiskProblems.of(e, file, 0, -1);
    }
  }
}
