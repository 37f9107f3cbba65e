package dev.espalier.api.pruning;

import java.util.function.DoubleUnaryOperator;

/** The weights that a group of units stands for, whatever their pattern and number of matrices. */
@FunctionalInterface
public interface UnitWeights {
  /**
   * The mean of a function over the weights of each unit: {@code means(Math::abs, out)} is the mean
   * magnitude, and where units are single weights {@code means(w -> w, out)} copies them.
   *
   * @param function of one weight
   * @param out receives one value per unit
   */
  void means(DoubleUnaryOperator function, float[] out);
}
