package dev.espalier.djl;

import dev.espalier.api.pruning.Pruner;
import dev.espalier.core.training.UnitGroup;
import dev.espalier.djl.Scoring.Moment;
import dev.espalier.djl.Workers.Scratch;
import java.util.Arrays;
import java.util.List;

/** A group of units with its mask, its scoring, and the parameters that the mask falls on. */
final class PrunedGroup {
  final UnitGroup group;
  final List<HostParameter> members;
  final float[] mask;
  final Scoring scoring;

  /**
   * All units kept.
   *
   * @param members the group's parameters, in the order of its matrices
   * @param start the moment before the first step
   */
  PrunedGroup(Pruner pruner, UnitGroup group, List<HostParameter> members, Moment start) {
    this.group = group;
    this.members = members;
    this.scoring = Scoring.of(pruner, group, members, start);
    this.mask = group.isElementwise() ? members.get(0).mask() : new float[group.units().size()];
    Arrays.fill(mask, 1f);
    spread();
  }

  /**
   * Takes the gradients from the engine: ∂L/∂S for the scores, and {@code G ⊙ M} for the weights.
   *
   * @return their squared norm
   */
  double takeGradients(Moment moment, Scratch scratch) {
    members.forEach(HostParameter::takeGradient);
    double ofScores = scoring.observe(mask, moment, scratch);
    double squares = ofScores;
    for (HostParameter member : members) {
      squares += member.maskGradient();
    }
    if (scoring.penalizeWeights(moment)) {
      squares = ofScores;
      for (HostParameter member : members) {
        squares += HostEngine.sumOfSquares(member.gradient);
      }
    }
    return squares;
  }

  /** Lets the engine see what the mask leaves of the weights. */
  void publish(Scratch scratch) {
    spread();
    for (HostParameter member : members) {
      member.publishMasked(scratch.first(HostParameter.PIECE));
    }
  }

  /** Gives each weight its unit's mask. */
  private void spread() {
    if (group.isElementwise()) {
      return;
    }
    for (int i = 0; i < members.size(); i++) {
      group.members().get(i).spread(mask, members.get(i).mask());
    }
  }

  /** The number of weights whose mask is not zero. */
  long kept() {
    return kept(mask);
  }

  /** The number of weights that would be kept if the training ended here, with no chance in it. */
  long decided(Moment moment, Scratch scratch) {
    float[] decision = scratch.second(mask.length);
    scoring.decide(decision, moment, false, scratch);
    return kept(decision);
  }

  private long kept(float[] values) {
    int units = 0;
    for (float value : values) {
      // 1 for any value above +0, without a branch; a mask is never negative.
      units += (Float.floatToRawIntBits(value) + Integer.MAX_VALUE) >>> 31;
    }
    return (long) units * group.weightsPerUnit();
  }
}
