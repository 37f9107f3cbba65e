package dev.espalier.api.pruning;

import java.util.function.Consumer;

/**
 * What a pruner can compute on whole arrays, on whatever device they are. Where two arrays go in,
 * they have one size; the results are new arrays. Elements are computed in 32 bits and may differ
 * from the same formula in Java by a few units in the last place.
 */
public interface Ops {
  /** {@code |a|}. */
  Vec abs(Vec a);

  /** {@code a + b}. */
  Vec add(Vec a, Vec b);

  /** {@code a ⊙ b}. */
  Vec mul(Vec a, Vec b);

  /** {@code factor · a + b}. */
  Vec axpy(float factor, Vec a, Vec b);

  /** {@code factor · a + shift}. */
  Vec scale(Vec a, float factor, float shift);

  /** {@code σ(a) = 1 / (1 + exp(−a))}. */
  Vec sigmoid(Vec a);

  /** {@code ln a}. */
  Vec log(Vec a);

  /** {@code exp a}. */
  Vec exp(Vec a);

  /** {@code a} where it lies between {@code low} and {@code high}, else the nearer of them. */
  Vec clamp(Vec a, float low, float high);

  /** 1 where {@code a > than}, else 0. */
  Vec greater(Vec a, float than);

  /** A copy in the memory of this process. */
  float[] toHost(Vec a);

  /** A copy of {@code values} on the device. */
  Vec fromHost(float[] values);

  /** What {@code write} fills, on the device; the array that it gets holds zeros. */
  default Vec written(int size, Consumer<float[]> write) {
    float[] values = new float[size];
    write.accept(values);
    return fromHost(values);
  }
}
