package dev.espalier.core.export;

import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.data.Head;
import dev.espalier.core.data.EvaluationSet;
import dev.espalier.core.export.OnnxTools.Latency;
import dev.espalier.core.export.OnnxTools.LatencySettings;
import dev.espalier.core.model.ModelFormat;
import dev.espalier.core.model.TransformerWeights;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Writes models as files of one {@link ModelFormat}, and measures such files. */
public interface ExportedModels {
  /**
   * Writes a model.
   *
   * @param head what it answers with
   */
  void export(TransformerWeights weights, Head head, Path file);

  /**
   * Checks, without writing a file, that an exported model would answer as {@code head} wants.
   *
   * @throws dev.espalier.api.problem.ProblemException of kind INPUT when it would not
   */
  default void check(TransformerWeights weights, Head head) {}

  /**
   * Runs {@code file} over {@code set}.
   *
   * @return a matrix for each output of the set's head, a row for each example in the order of the
   *     set; {@link EvaluationSet#score} makes metrics of them
   */
  List<float[][]> outputs(Path file, EncodedSet set, int threads);

  /**
   * Times the files against each other: one request of {@code settings.sequenceLength()} tokens to
   * each in turn, so that a slow moment of the machine hits all alike.
   *
   * @param files what to time, by a name that the result uses too
   */
  Map<String, Latency> measureLatency(Map<String, Path> files, LatencySettings settings);

  /** Which operators a runtime fuses in {@code file}: operator to count; empty when not known. */
  default Map<String, Integer> fusedOperators(Path file) {
    return Map.of();
  }
}
