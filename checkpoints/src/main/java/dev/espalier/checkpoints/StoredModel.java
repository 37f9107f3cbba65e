package dev.espalier.checkpoints;

import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.core.model.BertArchitecture;
import dev.espalier.core.model.Elements;
import dev.espalier.core.model.Family;
import dev.espalier.core.model.NotFinite;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.model.TransformerParameters;
import dev.espalier.core.model.TransformerWeights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds a model's parameters among stored tensors: with or without the prefix of the family, and
 * with the names {@code gamma} and {@code beta} that layer normalizations had in TensorFlow.
 */
final class StoredModel {
  private static final int NAMED = 5;

  private final NamedTensors stored;
  private final BertArchitecture architecture;
  private final Family family;
  private final List<Problem> problems = new ArrayList<>();

  /** Full name to stored name. */
  private final SortedMap<String, String> found = new TreeMap<>();

  /** What should be weights, and is stored as integers, by stored name. */
  private final SortedMap<String, TensorInfo> integers = new TreeMap<>();

  private StoredModel(NamedTensors stored, BertArchitecture architecture) {
    this.stored = stored;
    this.architecture = architecture;
    this.family = architecture.family();
  }

  /**
   * Reads what the architecture asks for, and of pooler and heads what there is.
   *
   * @param notes gets a sentence for what a user should know
   * @throws ProblemException of kind INPUT when parameters are missing or have other shapes
   */
  static TransformerWeights weights(
      NamedTensors stored, BertArchitecture architecture, List<String> notes) {
    StoredModel model = new StoredModel(stored, architecture);
    model.match();
    Quantized.byTypes(stored.source(), model.integers).ifPresent(model.problems::add);
    if (!model.problems.isEmpty()) {
      throw new ProblemException(model.problems);
    }
    model.note(notes);
    return new TransformerWeights(architecture, model.read());
  }

  private void match() {
    List<String> missing = new ArrayList<>();
    TransformerParameters.encoder(architecture)
        .forEach(
            (name, shape) -> {
              String at = find(name);
              if (at == null) {
                missing.add(name);
              } else {
                checkShape(name, at, shape);
              }
            });
    if (!missing.isEmpty()) {
      problem(
          "has no "
              + String.join(", no ", missing.subList(0, Math.min(NAMED, missing.size())))
              + (missing.size() > NAMED ? ", and " + (missing.size() - NAMED) + " more" : "")
              + " among its "
              + stored.tensors().size()
              + " tensors",
          missingAdvice(missing));
    }
    TransformerParameters.classifierDense(architecture).forEach(this::findOptional);
    int hidden = architecture.hiddenSize();
    for (String head : List.of(family.classifier().out(), family.spans())) {
      Map<String, int[]> shapes = new LinkedHashMap<>();
      String at = find(head + ".weight");
      if (at != null && isFloat(at) && stored.tensors().get(at).shape().size() == 2) {
        int outputs = (int) Math.min(Integer.MAX_VALUE, stored.tensors().get(at).shape().get(0));
        shapes.put(head + ".weight", new int[] {outputs, hidden});
        shapes.put(head + ".bias", new int[] {outputs});
        shapes.forEach(this::findOptional);
      }
    }
  }

  /** What may be the reason: parts of a parameter that cannot be put together, or another model. */
  private String missingAdvice(List<String> missing) {
    if (stored.tensors().keySet().stream().anyMatch(name -> name.endsWith(".qweight"))) {
      return Quantized.PACKED_ADVICE;
    }
    List<String> parts =
        missing.stream()
            .flatMap(name -> Stream.of(name, withoutBase(name)))
            .flatMap(
                name ->
                    stored.tensors().tailMap(name + "_").keySet().stream()
                        .limit(1)
                        .filter(at -> at.startsWith(name + "_")))
            .limit(NAMED)
            .toList();
    return parts.isEmpty()
        ? "Maybe config.json belongs to another model: it says model_type "
            + family.modelType()
            + ", "
            + architecture.layers()
            + " layers."
        : "Found was "
            + String.join(", ", parts)
            + ": a reparametrization, of which only that of"
            + " torch.nn.utils.prune is read, from NAME_orig with NAME_mask. Remove it with the"
            + " library that made it, and save the model again.";
  }

  /** A parameter without which the trainer draws its own. */
  private void findOptional(String name, int[] shape) {
    String at = find(name);
    if (at != null && isFloat(at) && fits(at, shape)) {
      found.put(name, at);
    }
  }

  private void checkShape(String name, String at, int[] shape) {
    if (!isFloat(at)) {
      return; // Its shape may well be another: four bits a value are packed in bytes.
    }
    if (fits(at, shape)) {
      found.put(name, at);
    } else {
      problem(
          at
              + " should have shape "
              + Arrays.toString(shape)
              + " by config.json, found "
              + stored.tensors().get(at).shape(),
          null);
    }
  }

  /** Whether it is stored as weights are; takes note of it when it isn't. */
  private boolean isFloat(String at) {
    TensorInfo info = stored.tensors().get(at);
    if (!info.type().isFloat()) {
      integers.put(at, info);
    }
    return info.type().isFloat();
  }

  private boolean fits(String at, int[] shape) {
    return stored
        .tensors()
        .get(at)
        .shape()
        .equals(Arrays.stream(shape).asLongStream().boxed().toList());
  }

  /** The name that a parameter is stored under; null when it is not. */
  private @Nullable String find(String name) {
    for (String full : List.of(name, withoutBase(name))) {
      for (String candidate : List.of(full, oldName(full))) {
        if (stored.tensors().containsKey(candidate)) {
          return candidate;
        }
      }
    }
    return null;
  }

  private String withoutBase(String name) {
    return name.startsWith(family.base()) ? name.substring(family.base().length()) : name;
  }

  private static String oldName(String name) {
    return name.replace("LayerNorm.weight", "LayerNorm.gamma")
        .replace("LayerNorm.bias", "LayerNorm.beta");
  }

  private void note(List<String> notes) {
    TreeSet<DataType> converted = new TreeSet<>();
    found.values().forEach(at -> converted.add(stored.tensors().get(at).type()));
    converted.remove(DataType.F32);
    if (!converted.isEmpty()) {
      notes.add("Weights stored as " + converted + " are converted to float32.");
    }
    if (stored instanceof TorchPruning pruning) {
      notes.add(
          "The masks of torch.nn.utils.prune are applied to "
              + pruning.size()
              + (pruning.size() == 1 ? " parameter: " : " parameters: ")
              + "NAME is NAME_orig with NAME_mask.");
    }
    TreeSet<String> unused = new TreeSet<>(stored.tensors().keySet());
    unused.removeAll(found.values());
    unused.removeIf(name -> name.endsWith("embeddings.position_ids"));
    if (!unused.isEmpty()) {
      notes.add(
          unused.size()
              + (unused.size() == 1 ? " stored tensor has" : " stored tensors have")
              + " no use here: "
              + String.join(", ", unused.stream().limit(NAMED).toList())
              + (unused.size() > NAMED ? ", ..." : ""));
    }
  }

  /**
   * Reads on all cores: from the page cache, reading is bound by conversion and page faults. Each
   * tensor is looked at as long as it is in the processor's cache.
   */
  private SortedMap<String, Tensor> read() {
    SortedMap<String, Tensor> tensors = new ConcurrentSkipListMap<>();
    SortedMap<String, Tensor> notFinite = new ConcurrentSkipListMap<>();
    found.entrySet().parallelStream()
        .forEach(
            entry -> {
              Tensor tensor = stored.read(entry.getValue());
              tensors.put(entry.getKey(), tensor);
              if (Elements.firstNotFinite(tensor.values()) >= 0) {
                notFinite.put(entry.getValue(), tensor);
              }
            });
    NotFinite.in(notFinite).ifPresent(what -> problem("has " + what, NotFinite.ADVICE));
    if (!problems.isEmpty()) {
      throw new ProblemException(problems);
    }
    return tensors;
  }

  private void problem(String message, @Nullable String advice) {
    problems.add(
        new Problem(
            ProblemKind.INPUT,
            ProblemCode.BAD_DATA,
            Location.ofFile(stored.source().toString()),
            message,
            advice));
  }
}
