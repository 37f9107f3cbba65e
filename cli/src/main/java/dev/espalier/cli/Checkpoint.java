package dev.espalier.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.api.problem.ForeignText;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.archive.RemainingWeights;
import dev.espalier.archive.RemainingWeights.Parameter;
import dev.espalier.archive.StoredMasks;
import dev.espalier.checkpoints.Checkpoints;
import dev.espalier.checkpoints.SafeTensorsFile;
import dev.espalier.checkpoints.TensorInfo;
import dev.espalier.core.model.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a user calls a checkpoint: a run's directory, its {@code best/}, a trial's folder, any
 * folder with a {@code model.safetensors}, or such a file.
 *
 * <p>The weights that it gives are those that the model computes with. A run stores them so; a file
 * of movement pruning's scripts holds scores beside the weights, and its {@code config.json} says
 * how they make masks.
 */
final class Checkpoint implements AutoCloseable {
  static final String MODEL = "model.safetensors";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String CONFIG = "config.json";
  private static final String BEST = "best";
  private static final String METHOD = "pruning_method";
  private static final String THRESHOLD = "final_threshold";

  /** What makes a folder with weights a model that loads. */
  private static final List<String> COMPANIONS =
      List.of(
          CONFIG,
          "tokenizer.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json",
          "vocab.txt",
          "vocab.json",
          "merges.txt");

  private final Path folder;
  private final SafeTensorsFile file;
  private final @Nullable Path masksFile;

  /** Weights with masks applied, where that had to be done; null where they are as stored. */
  private final @Nullable SortedMap<String, Tensor> applied;

  private Checkpoint(Path model) {
    this.folder = model.toAbsolutePath().normalize().getParent();
    this.file = SafeTensorsFile.open(model);
    this.masksFile = findMasks();
    boolean complete = false;
    try {
      Checkpoints.requireFloats(file);
      this.applied =
          StoredMasks.hasScores(file.tensors().keySet())
              ? storedMasks().applied(file.readAll())
              : null;
      complete = true;
    } finally {
      if (!complete) {
        file.close();
      }
    }
  }

  /**
   * Opens what the user named.
   *
   * @throws ProblemException of kind INPUT when there is no checkpoint, or a broken one
   */
  static Checkpoint open(Path named) {
    if (!Files.isDirectory(named)) {
      return new Checkpoint(named);
    }
    for (Path model : List.of(named.resolve(MODEL), named.resolve(BEST).resolve(MODEL))) {
      if (Files.exists(model)) {
        return new Checkpoint(model);
      }
    }
    throw problem(
        ProblemCode.MISSING_FILE,
        named,
        "there is no " + MODEL + " in this folder, and none in " + BEST + "/",
        "Name a run's directory, its best/, a trial's folder, or a safetensors file.");
  }

  /** The file with the weights. */
  Path path() {
    return file.source();
  }

  /** Whether masks were applied to what is stored. */
  boolean masked() {
    return applied != null;
  }

  /** Type and shape of each parameter; scores are none. */
  SortedMap<String, TensorInfo> parameters() {
    SortedMap<String, TensorInfo> parameters = new TreeMap<>(file.tensors());
    parameters.keySet().removeIf(name -> name.endsWith(StoredMasks.SCORES));
    return parameters;
  }

  /** A parameter's values as the model uses them; for any thread. */
  synchronized Tensor values(String name) {
    Tensor tensor = applied == null ? null : applied.get(name);
    return tensor == null ? file.read(name) : tensor;
  }

  /** A parameter's stored bytes, little-endian; for any thread. */
  synchronized byte[] bytes(String name) {
    ByteBuffer buffer = file.bytes(name);
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  /**
   * Counts what is left.
   *
   * @throws ProblemException of kind INPUT when that is not what {@code masks.json} says
   */
  RemainingWeights remaining() {
    JsonNode masks = masks();
    Set<String> pruned = pruned(masks);
    List<Parameter> counted = new ArrayList<>();
    parameters()
        .forEach(
            (name, info) -> {
              boolean isPruned = pruned.contains(name);
              long nonZeros = 0;
              if (isPruned) {
                Tensor tensor = values(name);
                nonZeros = (long) tensor.values().length - tensor.zeros();
                check(name, masks, nonZeros);
              }
              counted.add(
                  new Parameter(
                      name,
                      info.shape().stream().map(Math::toIntExact).toList(),
                      nonZeros,
                      isPruned));
            });
    return RemainingWeights.of(counted);
  }

  /** The files beside the weights that a model needs, without what is about masks. */
  SortedMap<String, byte[]> companions() {
    SortedMap<String, byte[]> companions = new TreeMap<>();
    for (String name : COMPANIONS) {
      Path companion = companion(name);
      if (companion != null) {
        try {
          companions.put(
              name, name.equals(CONFIG) ? finished(companion) : Files.readAllBytes(companion));
        } catch (IOException e) {
          throw problem(ProblemCode.MISSING_FILE, companion, "cannot be read: " + e, null);
        }
      }
    }
    return companions;
  }

  @Override
  public void close() {
    file.close();
  }

  /** Of a trial's folder, the files lie in the run's best/. */
  private @Nullable Path companion(String name) {
    for (Path place : List.of(folder, folder.resolveSibling(BEST))) {
      if (Files.isRegularFile(place.resolve(name))) {
        return place.resolve(name);
      }
    }
    return null;
  }

  /** A configuration of the scripts, as that of the plain model that it has become. */
  private static byte[] finished(Path config) throws IOException {
    JsonNode read = json(config);
    if (read instanceof ObjectNode object && object.has(METHOD)) {
      object.remove(List.of(METHOD, THRESHOLD, "mask_init", "mask_scale"));
      if (object.path("model_type").asText().equals("masked_bert")) {
        object.put("model_type", "bert");
      }
      return (object.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8);
    }
    return Files.readAllBytes(config);
  }

  private StoredMasks storedMasks() {
    Path config = companion(CONFIG);
    JsonNode read = config == null ? JSON.createObjectNode() : json(config);
    JsonNode method = read.path(METHOD);
    JsonNode threshold = read.path(THRESHOLD);
    boolean needsThreshold = !method.asText().equals("l0");
    if (!method.isTextual() || (needsThreshold && !threshold.isNumber())) {
      throw problem(
          ProblemCode.MISSING_KEY,
          config == null ? folder.resolve(CONFIG) : config,
          "the checkpoint holds scores, and this does not say with which "
              + (method.isTextual() ? THRESHOLD : METHOD)
              + " they make masks",
          "Write it there, once, as the model was trained: \"pruning_method\": \"topK\","
              + " \"final_threshold\": 0.15.");
    }
    return new StoredMasks(StoredMasks.Method.named(method.asText()), threshold.asDouble());
  }

  private Set<String> pruned(JsonNode masks) {
    Set<String> pruned = new TreeSet<>();
    masks.path("matrices").fieldNames().forEachRemaining(pruned::add);
    if (pruned.isEmpty()) {
      pruned.addAll(StoredMasks.ranked(file.tensors().keySet()));
    }
    if (pruned.isEmpty()) {
      // Nothing says so: then what movement pruning prunes, the encoder's matrices.
      parameters()
          .forEach(
              (name, info) -> {
                if (info.shape().size() == 2 && RemainingWeights.isOfEncoder(name)) {
                  pruned.add(name);
                }
              });
    }
    return pruned;
  }

  private void check(String name, JsonNode masks, long nonZeros) {
    JsonNode kept = masks.path("matrices").path(name).path("kept");
    if (kept.isNumber() && kept.longValue() != nonZeros) {
      throw problem(
          ProblemCode.BAD_DATA,
          path(),
          name
              + " has "
              + nonZeros
              + " weights that are not zero, and "
              + masksFile
              + " says "
              + kept,
          "One of the two is not of this run, or was changed after it.");
    }
  }

  private JsonNode masks() {
    return masksFile == null ? JSON.createObjectNode() : json(masksFile);
  }

  /** The masks of a trial lie beside its weights; those of best/ are of the trial that won. */
  private @Nullable Path findMasks() {
    Path beside = folder.resolve("masks.json");
    if (Files.exists(beside)) {
      return beside;
    }
    Path result = folder.resolveSibling("result.json");
    if (folder.endsWith(BEST) && Files.exists(result)) {
      Path trial =
          folder.resolveSibling("trial-" + json(result).path("best").path("trial").asInt());
      return Files.exists(trial.resolve("masks.json")) ? trial.resolve("masks.json") : null;
    }
    return null;
  }

  private static JsonNode json(Path file) {
    try {
      return JSON.readTree(Files.readAllBytes(file));
    } catch (JsonProcessingException e) {
      throw problem(
          ProblemCode.BAD_DATA,
          file,
          "not readable as JSON: " + ForeignText.ofJson(e.getOriginalMessage()),
          null);
    } catch (IOException e) {
      throw problem(ProblemCode.MISSING_FILE, file, "cannot be read: " + e, null);
    }
  }

  private static ProblemException problem(
      ProblemCode code, Path file, String message, @Nullable String advice) {
    return new ProblemException(
        List.of(
            new Problem(
                ProblemKind.INPUT, code, Location.ofFile(file.toString()), message, advice)));
  }
}
