package dev.espalier.checkpoints;

import dev.espalier.core.model.Tensor;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** A checkpoint in several files, with an index that says which tensor is where. */
final class ShardedTensors implements NamedTensors {
  private final Path source;
  private final Map<Path, NamedTensors> opened = new HashMap<>();
  private final Map<String, Path> index;
  private final SortedMap<String, TensorInfo> infos = new TreeMap<>();

  private ShardedTensors(WeightFiles files) {
    this.source = files.source();
    this.index = files.index();
  }

  /**
   * Opens every shard.
   *
   * @throws dev.espalier.api.problem.ProblemException of kind INPUT when one is broken, or lacks a
   *     tensor that the index promises
   */
  static ShardedTensors open(WeightFiles files) {
    ShardedTensors all = new ShardedTensors(files);
    boolean complete = false;
    try {
      files.files().forEach(file -> all.opened.put(file, WeightFiles.open(file)));
      all.index.forEach(all::add);
      complete = true;
      return all;
    } finally {
      if (!complete) {
        all.close();
      }
    }
  }

  private void add(String name, Path file) {
    TensorInfo info = shard(file).tensors().get(name);
    if (info == null) {
      throw BrokenFile.file(
          file, "has no tensor " + name + ", but " + source + " says so", null, null);
    }
    infos.put(name, info);
  }

  private NamedTensors shard(Path file) {
    NamedTensors shard = opened.get(file);
    if (shard == null) {
      throw new IllegalStateException(file + " was not opened");
    }
    return shard;
  }

  @Override
  public SortedMap<String, TensorInfo> tensors() {
    return Collections.unmodifiableSortedMap(infos);
  }

  @Override
  public Tensor read(String name) {
    Path file = index.get(name);
    if (file == null) {
      throw new IllegalArgumentException(source + " has no tensor " + name);
    }
    return shard(file).read(name);
  }

  @Override
  public Path source() {
    return source;
  }

  @Override
  public void close() {
    opened.values().forEach(NamedTensors::close);
  }
}
