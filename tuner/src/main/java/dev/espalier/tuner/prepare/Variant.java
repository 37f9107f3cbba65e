package dev.espalier.tuner.prepare;

import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.tuner.plan.Plan;

/** The configuration with a proposal's values, and what that means for the training. */
public record Variant(ResolvedConfiguration configuration, Plan plan) {}
