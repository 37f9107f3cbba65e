package dev.espalier.checkpoints;

import dev.espalier.core.model.Tensor;
import java.nio.file.Path;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A checkpoint of a model that {@code torch.nn.utils.prune} was still at work in: in place of a
 * parameter it holds two tensors, {@code NAME_orig} and {@code NAME_mask}, and the model computes
 * with their product. So that is what is read as {@code NAME}.
 */
final class TorchPruning implements NamedTensors {
  private static final String ORIGINAL = "_orig";
  private static final String MASK = "_mask";

  private final NamedTensors stored;
  private final SortedMap<String, TensorInfo> infos = new TreeMap<>();

  /** Parameters that are stored as two tensors. */
  private final SortedMap<String, TensorInfo> masked = new TreeMap<>();

  private TorchPruning(NamedTensors stored) {
    this.stored = stored;
    SortedMap<String, TensorInfo> all = stored.tensors();
    infos.putAll(all);
    all.forEach(
        (name, info) -> {
          String parameter = withoutEnding(name, ORIGINAL);
          TensorInfo mask = all.get(parameter + MASK);
          if (name.endsWith(ORIGINAL) && mask != null && !all.containsKey(parameter)) {
            if (!mask.shape().equals(info.shape())) {
              throw BrokenFile.file(
                  stored.source(),
                  parameter
                      + MASK
                      + " has shape "
                      + mask.shape()
                      + ", and "
                      + name
                      + " has "
                      + info.shape(),
                  "The mask of torch.nn.utils.prune has the shape of its parameter.",
                  null);
            }
            masked.put(parameter, info);
            infos.remove(name);
            infos.remove(parameter + MASK);
          }
        });
    infos.putAll(masked);
  }

  /**
   * The tensors with every mask applied; {@code stored} itself when it has none.
   *
   * @param stored is closed with what is returned
   * @throws dev.espalier.api.problem.ProblemException of kind INPUT when a mask doesn't fit
   */
  static NamedTensors applied(NamedTensors stored) {
    boolean complete = false;
    try {
      TorchPruning pruning = new TorchPruning(stored);
      complete = true;
      return pruning.masked.isEmpty() ? stored : pruning;
    } finally {
      if (!complete) {
        stored.close();
      }
    }
  }

  /** How many parameters have a mask. */
  int size() {
    return masked.size();
  }

  @Override
  public SortedMap<String, TensorInfo> tensors() {
    return Collections.unmodifiableSortedMap(infos);
  }

  @Override
  public Tensor read(String name) {
    if (!masked.containsKey(name)) {
      return stored.read(name);
    }
    Tensor original = stored.read(name + ORIGINAL);
    float[] values = original.values();
    float[] mask = stored.read(name + MASK).values();
    for (int i = 0; i < values.length; i++) {
      values[i] *= mask[i];
    }
    return original;
  }

  @Override
  public Path source() {
    return stored.source();
  }

  @Override
  public void close() {
    stored.close();
  }

  private static String withoutEnding(String name, String ending) {
    return name.endsWith(ending) ? name.substring(0, name.length() - ending.length()) : name;
  }
}
