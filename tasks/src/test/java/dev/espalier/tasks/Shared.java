package dev.espalier.tasks;

import dev.espalier.api.data.EncodedExample;
import dev.espalier.core.data.TaskSource.TaskData;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Counts what two sets have in common, by their tokens. */
public final class Shared {
  private Shared() {}

  /** How many examples of the first evaluation set are examples of the training set, too. */
  public static int examples(TaskData data) {
    Set<List<Integer>> trained = new HashSet<>();
    data.train().examples().forEach(each -> trained.add(tokens(each)));
    int shared = 0;
    for (EncodedExample each : data.evaluations().get(0).set().examples()) {
      shared += trained.contains(tokens(each)) ? 1 : 0;
    }
    return shared;
  }

  private static List<Integer> tokens(EncodedExample example) {
    return Arrays.stream(example.inputIds()).boxed().toList();
  }
}
