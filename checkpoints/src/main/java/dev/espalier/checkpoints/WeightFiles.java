package dev.espalier.checkpoints;

import com.fasterxml.jackson.databind.JsonNode;
import dev.espalier.core.files.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Where a folder's weights lie.
 *
 * @param source the file, or the index of many
 * @param files the files with tensors, in the order of their names
 * @param index which file has which tensor; empty for a single file
 */
record WeightFiles(Path source, List<Path> files, Map<String, Path> index) {
  private static final String SAFETENSORS = "model.safetensors";
  private static final String PYTORCH = "pytorch_model.bin";

  /** The file names that are looked for, best first; each may come with an index and shards. */
  private static final List<String> NAMES = List.of(SAFETENSORS, PYTORCH);

  /**
   * Looks into a folder.
   *
   * @throws dev.espalier.api.problem.ProblemException of kind INPUT when there are no weights that
   *     can be read, or the index is broken
   */
  static WeightFiles find(Path folder) {
    for (String name : NAMES) {
      Path file = folder.resolve(name);
      if (Files.isRegularFile(file)) {
        return of(file);
      }
      Path index = folder.resolve(name + ".index.json");
      if (Files.isRegularFile(index)) {
        return sharded(folder, index);
      }
    }
    for (String other : List.of("tf_model.h5", "flax_model.msgpack", "model.onnx")) {
      if (Files.isRegularFile(folder.resolve(other))) {
        throw BrokenFile.missing(
            folder,
            "has weights as " + other + " only, which cannot be read",
            "Save the model as model.safetensors with the Python library's save_pretrained.");
      }
    }
    throw BrokenFile.missing(
        folder,
        "has no " + SAFETENSORS + " and no " + PYTORCH + ", nor an index of either",
        "Maybe the weights were not downloaded.");
  }

  /** A single file. */
  static WeightFiles of(Path file) {
    return new WeightFiles(file, List.of(file), Map.of());
  }

  /** Whether there is something for {@link #find} to find. */
  static boolean isIn(Path folder) {
    return NAMES.stream()
        .flatMap(name -> Stream.of(name, name + ".index.json"))
        .anyMatch(name -> Files.isRegularFile(folder.resolve(name)));
  }

  /** Of all names in a folder those that {@link #find} would open. */
  static List<String> wanted(List<String> files) {
    for (String name : NAMES) {
      if (files.contains(name)) {
        return List.of(name);
      }
      String index = name + ".index.json";
      if (files.contains(index)) {
        int dot = name.lastIndexOf('.');
        String shard =
            Pattern.quote(name.substring(0, dot)) + "-[^/]*" + Pattern.quote(name.substring(dot));
        return files.stream().filter(file -> file.equals(index) || file.matches(shard)).toList();
      }
    }
    return List.of();
  }

  private static WeightFiles sharded(Path folder, Path index) {
    JsonNode map = Checkpoints.json(index).path("weight_map");
    if (!map.isObject() || map.isEmpty()) {
      throw BrokenFile.file(index, "has no weight_map", null, null);
    }
    Map<String, Path> places = new TreeMap<>();
    TreeSet<Path> files = new TreeSet<>();
    for (Map.Entry<String, JsonNode> entry : map.properties()) {
      String shard = entry.getValue().asText();
      // A name and nothing else: an index must not read from elsewhere.
      if (!entry.getValue().isTextual() || !shard.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,200}")) {
        throw BrokenFile.file(
            index,
            "weight_map: " + entry.getValue() + " is no name of a file beside it",
            null,
            null);
      }
      Path file = folder.resolve(shard);
      if (!Files.isRegularFile(file)) {
        throw BrokenFile.missing(
            file,
            "there is no such file, but " + index + " names it",
            "Maybe it was not downloaded.");
      }
      places.put(entry.getKey(), file);
      files.add(file);
    }
    return new WeightFiles(index, List.copyOf(files), places);
  }

  /**
   * Opens all files and checks what they say of their tensors; masks of {@link TorchPruning} are
   * applied.
   */
  NamedTensors open() {
    return TorchPruning.applied(index.isEmpty() ? open(source) : ShardedTensors.open(this));
  }

  /** Opens one file in the format that its name says. */
  static NamedTensors open(Path file) {
    return file.toString().endsWith(".safetensors")
        ? SafeTensorsFile.open(file)
        : TorchFile.open(file);
  }

  /** Hash of the file's bytes, or of all files' bytes one after the other, in hexadecimal. */
  String sha256() {
    MessageDigest digest = Sha256.digest();
    for (Path file : files) {
      try {
        Sha256.update(digest, file);
      } catch (IOException e) {
        throw BrokenFile.file(file, "cannot be read: " + BrokenFile.reason(e), null, e);
      }
    }
    return Sha256.hex(digest);
  }
}
