package dev.espalier.tuner.result;

import dev.espalier.core.files.Sha256;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.model.TransformerWeights;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/**
 * What is zero in a pruned model. Only zeros of pruned matrices count as removed: biases, norms and
 * embeddings count as kept, whatever their values.
 *
 * @param matrices the pruned matrices, by name
 * @param prunedLayers share removed of the pruned matrices, in [0, 1]
 * @param encoder share removed of all parameters of the encoder
 * @param model share removed of all parameters
 * @param sha256 hash of where the zeros are: for each matrix in the order of the names, the name in
 *     UTF-8, rows and columns as big-endian ints, and one bit per element, 1 for kept, least
 *     significant bit first; equal masks have equal hashes
 */
public record MaskReport(
    List<Matrix> matrices, double prunedLayers, double encoder, double model, String sha256) {
  /** Copies the list. */
  public MaskReport {
    matrices = List.copyOf(matrices);
  }

  /**
   * One pruned matrix.
   *
   * @param name its full name
   * @param rows output features
   * @param columns input features
   * @param kept elements that are not zero
   */
  public record Matrix(String name, int rows, int columns, int kept) {
    /** The number of elements. */
    public int size() {
      return Math.multiplyExact(rows, columns);
    }

    /** Share kept, in [0, 1]. */
    public double density() {
      return (double) kept / size();
    }
  }

  /**
   * Counts the zeros of {@code weights}.
   *
   * @param pruned names of the pruned matrices
   * @throws IllegalArgumentException when one of them is not there
   */
  public static MaskReport of(TransformerWeights weights, Collection<String> pruned) {
    MessageDigest digest = Sha256.digest();
    List<Matrix> matrices = new ArrayList<>();
    long zeros = 0;
    long prunable = 0;
    for (String name : new TreeSet<>(pruned)) {
      Tensor tensor = weights.get(name);
      Matrix matrix =
          new Matrix(
              name, tensor.rows(), tensor.columns(), tensor.values().length - tensor.zeros());
      matrices.add(matrix);
      zeros += tensor.zeros();
      prunable += matrix.size();
      update(digest, matrix, tensor);
    }
    String prefix = weights.architecture().encoder();
    long encoder =
        weights.tensors().tailMap(prefix).entrySet().stream()
            .filter(entry -> entry.getKey().startsWith(prefix))
            .mapToLong(entry -> entry.getValue().values().length)
            .sum();
    return new MaskReport(
        matrices,
        share(zeros, prunable),
        share(zeros, encoder),
        share(zeros, weights.size()),
        Sha256.hex(digest));
  }

  private static double share(long part, long whole) {
    return whole == 0 ? 0 : (double) part / whole;
  }

  private static void update(MessageDigest digest, Matrix matrix, Tensor tensor) {
    digest.update(matrix.name().getBytes(StandardCharsets.UTF_8));
    digest.update(ByteBuffer.allocate(8).putInt(matrix.rows()).putInt(matrix.columns()).array());
    BitSet kept = new BitSet(tensor.values().length);
    for (int i = 0; i < tensor.values().length; i++) {
      kept.set(i, tensor.values()[i] != 0f);
    }
    byte[] bits = new byte[(tensor.values().length + 7) / 8];
    byte[] set = kept.toByteArray();
    System.arraycopy(set, 0, bits, 0, set.length);
    digest.update(bits);
  }
}
