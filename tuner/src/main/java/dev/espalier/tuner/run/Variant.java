package dev.espalier.tuner.run;

import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.tuner.plan.Plan;

/** The configuration with a proposal's values, and what that means for the training. */
record Variant(ResolvedConfiguration configuration, Plan plan) {}
