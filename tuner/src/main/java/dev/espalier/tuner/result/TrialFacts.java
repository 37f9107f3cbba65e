package dev.espalier.tuner.result;

import dev.espalier.api.tuning.Observation;
import dev.espalier.api.tuning.Proposal;
import dev.espalier.tuner.plan.Plan;
import dev.espalier.tuner.port.OnnxTools.Latency;
import dev.espalier.tuner.result.RunFacts.Failure;
import dev.espalier.tuner.result.RunFacts.MeasuredFile;
import dev.espalier.tuner.result.RunFacts.Training;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What came of one trial, so far: what is null was not measured.
 *
 * @param number the trial's number, from 1
 * @param proposal what was tried
 * @param targetSparsity the sparsity asked for, in [0, 1); null when the pruner does not follow one
 * @param plan what was to be done; null when the proposal could not be planned
 * @param training the pruned model's training
 * @param masks what is zero in it
 * @param pruned the pruned model's exported file
 * @param quantized the quantized file
 * @param fusedOperators what ONNX Runtime fuses in the exported file: operator to count
 * @param quantization what was quantized and what was not; null without quantization
 * @param latencies time of one request by file: dense, fp32, int8; empty when not measured
 * @param verdict whether the file that ships is good enough
 * @param objective what is made small, as a share of the dense model's; see {@link Objective}
 * @param failure why the trial failed, or null when it did not
 */
public record TrialFacts(
    int number,
    Proposal proposal,
    @Nullable Double targetSparsity,
    @Nullable Plan plan,
    @Nullable Training training,
    @Nullable MaskReport masks,
    @Nullable MeasuredFile pruned,
    @Nullable MeasuredFile quantized,
    Map<String, Integer> fusedOperators,
    @Nullable QuantizationFacts quantization,
    Map<String, Latency> latencies,
    @Nullable Verdict verdict,
    @Nullable Double objective,
    @Nullable Failure failure) {
  /** Copies the maps, keeping their order. */
  public TrialFacts {
    fusedOperators = copy(fusedOperators);
    latencies = copy(latencies);
  }

  /** The trial that is handed on: the smallest loss, of equal ones the first; failed ones never. */
  public static Optional<TrialFacts> best(List<TrialFacts> trials) {
    return trials.stream()
        .filter(trial -> trial.loss() != null)
        .min(Comparator.comparingDouble(trial -> Objects.requireNonNull(trial.loss())));
  }

  /** A trial of which nothing is known yet. */
  public static TrialFacts notBegun(int number, Proposal proposal) {
    return new TrialFacts(
        number, proposal, null, null, null, null, null, null, Map.of(), null, Map.of(), null, null,
        null);
  }

  /** The file that ships: int8 when there is one. */
  public @Nullable MeasuredFile shipped() {
    return quantized == null ? pruned : quantized;
  }

  /** Whether the trial meets the criterion. */
  public boolean met() {
    return verdict != null && verdict.met();
  }

  /**
   * How good the trial is, smaller is better; null unless it was measured. In (0, 1) and growing
   * with the objective when the criterion is met, 1 and more and growing with what is missing
   * otherwise.
   */
  public @Nullable Double loss() {
    Verdict judged = verdict;
    Double share = objective;
    if (judged == null || share == null || failure != null) {
      return null;
    }
    return judged.met() ? share / (1 + share) : 1 + judged.shortfall();
  }

  /** What a strategy is told of the trial. */
  public Observation observation() {
    return new Observation(number, proposal, loss(), met());
  }

  private static <V> Map<String, V> copy(Map<String, V> map) {
    return Collections.unmodifiableMap(new LinkedHashMap<>(map));
  }
}
