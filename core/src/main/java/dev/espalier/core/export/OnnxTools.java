package dev.espalier.core.export;

import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.data.Head;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.core.quantization.PreparedQuantization;
import dev.espalier.core.quantization.QuantizationPlan;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What happens to a model after training: export, quantize, measure. */
public interface OnnxTools extends ExportedModels {
  /**
   * Writes the model as ONNX: inputs {@code input_ids}, {@code attention_mask}, {@code
   * token_type_ids} (int64, [batch, sequence]), output {@code logits} (float32, [batch, classes] or
   * [batch, 1]) or, for spans, {@code start_logits} and {@code end_logits} (float32, [batch,
   * sequence]).
   *
   * @param head which of them; the names of classes are kept in the file's metadata
   */
  @Override
  void export(TransformerWeights weights, Head head, Path file);

  /**
   * Names of operators, and of their weights, that an exported model would have.
   *
   * @param weights of the encoder; those of the head may be missing
   */
  Set<String> operatorNames(TransformerWeights weights, Head head);

  /**
   * Gets {@code source} ready to be quantized.
   *
   * @param plan how; {@link PreparedQuantization#quantize} may be asked for variants of it
   * @param calibration examples to choose from; null is enough where activations are not calibrated
   */
  PreparedQuantization prepare(
      Path source, QuantizationPlan plan, @Nullable EncodedSet calibration);

  /** Which fused operators ONNX Runtime's optimizer finds in {@code file}: operator to count. */
  @Override
  Map<String, Integer> fusedOperators(Path file);

  /** A request that is timed. */
  @FunctionalInterface
  interface Request<E extends Exception> {
    /** Makes it, and waits for the answer. */
    void run() throws E;
  }

  /**
   * How to time.
   *
   * @param batchSize examples per request
   * @param sequenceLength tokens per example
   * @param warmup requests to each file before counting
   * @param iterations counted requests to each file
   * @param threads intra-op threads
   */
  record LatencySettings(
      int batchSize, int sequenceLength, int warmup, int iterations, int threads) {}

  /**
   * Time of one request in milliseconds.
   *
   * @param p50 median
   * @param p90 90th percentile
   * @param low lower end of a 95% confidence interval of the median, from order statistics
   * @param high its upper end
   */
  record Latency(double p50, double p90, double low, double high) {
    /** A latency that is known exactly. */
    public Latency(double p50, double p90) {
      this(p50, p90, p50, p50);
    }

    /**
     * Times requests against each other: after a warm-up, one of each in turn, so that a slow
     * moment of the machine hits all alike.
     *
     * @param requests what to time, by a name that the result uses too, in its order
     * @throws E what a request throws
     */
    public static <E extends Exception> Map<String, Latency> inTurn(
        Map<String, Request<E>> requests, LatencySettings settings) throws E {
      Map<String, double[]> milliseconds = new LinkedHashMap<>();
      requests.keySet().forEach(name -> milliseconds.put(name, new double[settings.iterations()]));
      for (int i = -settings.warmup(); i < settings.iterations(); i++) {
        for (Map.Entry<String, Request<E>> request : requests.entrySet()) {
          long start = System.nanoTime();
          request.getValue().run();
          if (i >= 0) {
            milliseconds.get(request.getKey())[i] = (System.nanoTime() - start) / 1e6;
          }
        }
      }
      Map<String, Latency> latencies = new LinkedHashMap<>();
      milliseconds.forEach(
          (name, taken) -> latencies.put(name, of(Arrays.stream(taken).sorted().toArray())));
      return latencies;
    }

    /**
     * What a share of requests took, of which each is taken as drawn by itself.
     *
     * <p>The interval is that of order statistics: the number of requests faster than the true
     * median is binomial, n times a half, so the median lies between the requests of rank n/2 −
     * 0.98·√n and n/2 + 0.98·√n + 1 with 95%, whatever the distribution.
     *
     * @param sorted times in milliseconds, ascending, at least one
     */
    public static Latency of(double... sorted) {
      int n = sorted.length;
      double half = 0.98 * Math.sqrt(n);
      int low = (int) Math.max(1, Math.floor(n / 2.0 - half));
      int high = (int) Math.min(n, Math.ceil(n / 2.0 + half) + 1);
      return new Latency(rank(sorted, 0.5), rank(sorted, 0.9), sorted[low - 1], sorted[high - 1]);
    }

    /** The value that a share of all doesn't exceed: the nearest rank. */
    private static double rank(double[] sorted, double share) {
      int rank = (int) Math.ceil(share * sorted.length);
      return sorted[Math.max(rank, 1) - 1];
    }
  }
}
