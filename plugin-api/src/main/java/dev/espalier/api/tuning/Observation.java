package dev.espalier.api.tuning;

import org.jspecify.annotations.Nullable;

/**
 * What came of a trial.
 *
 * @param trial the trial's number, from 1
 * @param proposal what was tried
 * @param loss how good it is, smaller is better, or null when the trial failed: for a trial that
 *     meets the accuracy criterion its objective as a share of the dense model's, and for one that
 *     misses it a number above that of any that meets it, growing with what is missing
 * @param met whether the accuracy criterion holds and, where λ is steered to a target sparsity,
 *     that was reached
 */
public record Observation(int trial, Proposal proposal, @Nullable Double loss, boolean met) {}
