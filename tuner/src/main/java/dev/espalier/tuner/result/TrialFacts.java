package dev.espalier.tuner.result;

import dev.espalier.api.tuning.Observation;
import dev.espalier.api.tuning.Proposal;
import dev.espalier.config.Configuration.Objective;
import dev.espalier.core.export.OnnxTools.Latency;
import dev.espalier.tuner.plan.Plan;
import dev.espalier.tuner.result.RunFacts.Failure;
import dev.espalier.tuner.result.RunFacts.MeasuredFile;
import dev.espalier.tuner.result.RunFacts.Training;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
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
  /** How far below its target the sparsity of a steered pruner may be, as a share. */
  private static final double SPARSITY_TOLERANCE = 0.01;

  /** Copies the maps, keeping their order. */
  public TrialFacts {
    fusedOperators = copy(fusedOperators);
    latencies = copy(latencies);
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

  /** Whether the trial meets the criterion and, if its pruner is steered, its target sparsity. */
  public boolean met() {
    return verdict != null && verdict.met() && sparsityShortfall() == 0;
  }

  /**
   * What a pruner whose λ is steered lacks of its target sparsity, as a share of the pruned layers;
   * 0 when it is less than a percentage point, and for a pruner that keeps an exact count.
   */
  public double sparsityShortfall() {
    Double target = targetSparsity;
    if (target == null || masks == null || !isSteered()) {
      return 0;
    }
    double missing = target - masks.prunedLayers();
    return missing > SPARSITY_TOLERANCE + MetricVerdict.ROUNDING ? missing : 0;
  }

  /** Whether λ is steered to the target sparsity. */
  boolean isSteered() {
    return plan != null && plan.pruning().densityGoal() != null;
  }

  /**
   * How good the trial is, smaller is better; null unless it was measured. In (0, 1) and growing
   * with the objective when the trial is {@link #met}, 1 and more and growing with what is missing
   * otherwise.
   */
  public @Nullable Double loss() {
    Verdict judged = verdict;
    Double share = objective;
    if (judged == null || share == null || failure != null) {
      return null;
    }
    return met() ? share / (1 + share) : 1 + judged.shortfall() + sparsityShortfall();
  }

  /** What a strategy is told of the trial. */
  public Observation observation() {
    return new Observation(number, proposal, loss(), met());
  }

  private static <V> Map<String, V> copy(Map<String, V> map) {
    return Collections.unmodifiableMap(new LinkedHashMap<>(map));
  }
}
