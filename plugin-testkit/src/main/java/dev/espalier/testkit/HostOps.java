package dev.espalier.testkit;

import dev.espalier.api.pruning.Ops;
import dev.espalier.api.pruning.Vec;
import java.util.Arrays;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;

/**
 * Whole arrays in the memory of the process: what every device's {@link Ops} must agree with, and
 * how a pruner's whole-array form is tested without a device. Each operation is computed in 64 bits
 * and rounded once.
 */
public final class HostOps implements Ops {
  private static final class HostVec implements Vec {
    private final float[] values;

    HostVec(float[] values) {
      this.values = values;
    }

    @Override
    public int size() {
      return values.length;
    }
  }

  @Override
  public Vec abs(Vec a) {
    return each(a, Math::abs);
  }

  @Override
  public Vec add(Vec a, Vec b) {
    return both(a, b, Double::sum);
  }

  @Override
  public Vec mul(Vec a, Vec b) {
    return both(a, b, (x, y) -> x * y);
  }

  @Override
  public Vec axpy(float factor, Vec a, Vec b) {
    return both(a, b, (x, y) -> factor * x + y);
  }

  @Override
  public Vec scale(Vec a, float factor, float shift) {
    return each(a, x -> factor * x + shift);
  }

  @Override
  public Vec sigmoid(Vec a) {
    return each(a, x -> 1 / (1 + Math.exp(-x)));
  }

  @Override
  public Vec log(Vec a) {
    return each(a, Math::log);
  }

  @Override
  public Vec exp(Vec a) {
    return each(a, Math::exp);
  }

  @Override
  public Vec clamp(Vec a, float low, float high) {
    return each(a, x -> Math.max(low, Math.min(high, x)));
  }

  @Override
  public Vec greater(Vec a, float than) {
    return each(a, x -> x > than ? 1 : 0);
  }

  @Override
  public float[] toHost(Vec a) {
    return values(a).clone();
  }

  @Override
  public Vec fromHost(float[] values) {
    return new HostVec(values.clone());
  }

  private static float[] values(Vec a) {
    return ((HostVec) a).values;
  }

  private static Vec each(Vec a, DoubleUnaryOperator operation) {
    float[] out = values(a).clone();
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) operation.applyAsDouble(out[i]);
    }
    return new HostVec(out);
  }

  private static Vec both(Vec a, Vec b, DoubleBinaryOperator operation) {
    float[] first = values(a);
    float[] second = values(b);
    if (first.length != second.length) {
      throw new IllegalArgumentException(
          "arrays of " + first.length + " and " + second.length + " elements");
    }
    float[] out = Arrays.copyOf(first, first.length);
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) operation.applyAsDouble(first[i], second[i]);
    }
    return new HostVec(out);
  }
}
