package dev.espalier.onnxruntime.smooth;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.core.model.Elements;
import dev.espalier.onnxruntime.calibrate.Activations;
import dev.espalier.onnxruntime.calibrate.CalibrationBatches;
import dev.espalier.onnxruntime.calibrate.TensorRange;
import dev.espalier.onnxruntime.graph.Linear;
import dev.espalier.onnxruntime.graph.Nodes;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import dev.espalier.onnxruntime.graph.Tensors;
import dev.espalier.onnxruntime.quantize.Int8Weights;
import dev.espalier.onnxruntime.quantize.Int8Weights.Channels;
import dev.espalier.onnxruntime.simulate.Int8;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes activations easier to quantize (Xiao et al. 2023, "SmoothQuant", section 4): channel j of
 * an activation X is divided by {@code s_j = max|X_j|^α / max|W_j|^(1−α)}, row j of the matrices
 * that read it is multiplied by it. The function stays the same, zero weights stay zero.
 *
 * <p>The division goes into the scale and bias of the LayerNormalization before, when only these
 * matrices read its output; else (a residual connection reads it too, as in BERT, or something else
 * writes it) a Mul is put in front of the matrices.
 *
 * @param activations how the model is run
 * @param sampledRows how many rows of each activation judge a choice of α, at least 1
 */
public record SmoothQuant(Activations activations, int sampledRows) {
  /** As in the paper: scales below it would blow up a channel that is nearly silent. */
  private static final double LEAST_SCALE = 1e-5;

  /** How many of the sampled rows one batch gives at most. */
  private static final int ROWS_PER_BATCH = 8;

  /** Checks the number of rows. */
  public SmoothQuant {
    if (sampledRows < 1) {
      throw new IllegalArgumentException("at least one sampled row, not " + sampledRows);
    }
  }

  /**
   * A smoothed model, still float.
   *
   * @param model with the same function
   * @param alphas the α of each smoothed activation
   * @param folded activations whose division went into a LayerNormalization; the others got a Mul
   */
  public record Smoothed(ModelProto model, Map<String, Double> alphas, Set<String> folded) {}

  /**
   * Smooths all activations that matrices read with one α.
   *
   * @param alpha how much of the difficulty moves to the weights, in [0, 1]; 0.5 is usual
   * @throws IllegalArgumentException when alpha is outside of [0, 1] or there is no batch
   * @throws ProblemException as {@link Activations#view}
   */
  public Smoothed smooth(ModelProto model, Path source, CalibrationBatches batches, double alpha) {
    return search(model, source, batches, new double[] {alpha});
  }

  /**
   * Smooths with the α of {@code grid} for each activation with which the int8 outputs of its
   * matrices err least on sampled rows (activation by its own range in uint8, int8 columns), or not
   * at all where no α errs less than without smoothing. With a single α nothing is compared.
   *
   * @param grid values in [0, 1]
   * @throws IllegalArgumentException when the grid is empty or leaves [0, 1], or there is no batch
   * @throws ProblemException as {@link Activations#view}
   */
  public Smoothed search(
      ModelProto model, Path source, CalibrationBatches batches, double... grid) {
    if (grid.length == 0 || Arrays.stream(grid).anyMatch(alpha -> !(alpha >= 0 && alpha <= 1))) {
      throw new IllegalArgumentException("alpha is in [0, 1], not " + Arrays.toString(grid));
    }
    OnnxGraph graph = OnnxGraph.of(model);
    Map<String, Site> sites = new LinkedHashMap<>();
    for (Linear linear : Linear.of(graph)) {
      sites
          .computeIfAbsent(linear.activation(), activation -> new Site(activation, linear.inputs()))
          .linears
          .add(linear);
    }
    activations.view(
        model,
        source,
        sites.keySet(),
        batches,
        (tensor, values, shape) -> {
          Site site = sites.get(tensor);
          if (site != null) {
            site.see(values, grid.length > 1 ? sampledRows : 0);
          }
        });

    Map<String, Double> alphas = new LinkedHashMap<>();
    Set<String> folded = new HashSet<>();
    Rewrite rewrite = new Rewrite(graph);
    for (Site site : sites.values()) {
      Double alpha = grid.length == 1 ? Double.valueOf(grid[0]) : site.best(grid);
      if (alpha != null) {
        alphas.put(site.activation, alpha);
        if (rewrite.divide(site, site.scales(alpha))) {
          folded.add(site.activation);
        }
      }
    }
    return new Smoothed(rewrite.model(), alphas, folded);
  }

  /** An activation and the matrices that read it. */
  private static final class Site {
    final String activation;
    final List<Linear> linears = new ArrayList<>();
    final float[] least;
    final float[] greatest;
    final List<float[]> samples = new ArrayList<>();
    int sampled;

    Site(String activation, int channels) {
      this.activation = activation;
      // From zero on: a range holds it in any case.
      this.least = new float[channels];
      this.greatest = new float[channels];
    }

    void see(float[] values, int rows) {
      for (int i = 0; i < values.length; i++) {
        int channel = i % least.length;
        least[channel] = Math.min(least[channel], values[i]);
        greatest[channel] = Math.max(greatest[channel], values[i]);
      }
      int wanted = Math.min(ROWS_PER_BATCH, rows - sampled);
      if (wanted > 0) {
        float[] some = Int8.someRows(values, least.length, wanted);
        samples.add(some);
        sampled += some.length / least.length;
      }
    }

    double[] scales(double alpha) {
      double[] weights = new double[least.length];
      for (Linear linear : linears) {
        float[] matrix = Tensors.floats(linear.matrix());
        for (int i = 0; i < matrix.length; i++) {
          int row = i / linear.outputs();
          weights[row] = Math.max(weights[row], Math.abs(matrix[i]));
        }
      }
      double[] scales = new double[least.length];
      for (int j = 0; j < scales.length; j++) {
        // A channel that is always silent, or that no weight reads, is left as it is.
        double largest = Math.max(-least[j], greatest[j]);
        scales[j] =
            largest == 0 || weights[j] == 0
                ? 1
                : Math.max(LEAST_SCALE, Math.pow(largest, alpha) / Math.pow(weights[j], 1 - alpha));
      }
      return scales;
    }

    /** The α with the least error, or null when none is better than no smoothing. */
    @Nullable Double best(double... grid) {
      for (Linear linear : linears) {
        if (Elements.firstNotFinite(Tensors.floats(linear.matrix())) >= 0) {
          return null; // the quantizer refuses it by its name
        }
      }
      float[] rows = new float[sampled * least.length];
      int at = 0;
      for (float[] sample : samples) {
        System.arraycopy(sample, 0, rows, at, sample.length);
        at += sample.length;
      }
      double[] ones = new double[least.length];
      Arrays.fill(ones, 1);
      List<float[]> exact = new ArrayList<>();
      for (Linear linear : linears) {
        exact.add(
            Int8.multiply(
                rows, Tensors.floats(linear.matrix()), linear.inputs(), linear.outputs()));
      }
      Double best = null;
      double lowest = error(rows, exact, ones);
      for (double alpha : grid) {
        double error = error(rows, exact, scales(alpha));
        if (error < lowest) {
          lowest = error;
          best = alpha;
        }
      }
      return best;
    }

    /** The range of the divided activation over all examples, of which the rows are a sample. */
    private TensorRange range(double[] scales) {
      double low = 0;
      double high = 0;
      for (int j = 0; j < scales.length; j++) {
        low = Math.min(low, least[j] / scales[j]);
        high = Math.max(high, greatest[j] / scales[j]);
      }
      return new TensorRange((float) low, (float) high);
    }

    private double error(float[] rows, List<float[]> exact, double[] scales) {
      float[] smooth = new float[rows.length];
      for (int i = 0; i < rows.length; i++) {
        smooth[i] = (float) (rows[i] / scales[i % scales.length]);
      }
      float[] quantized = Int8.activation(smooth, range(scales));
      double error = 0;
      for (int k = 0; k < linears.size(); k++) {
        Linear linear = linears.get(k);
        float[] matrix = multiplied(linear, scales);
        float[] outputs =
            Int8.multiply(
                quantized,
                Int8Weights.of(matrix, new Channels(linear.outputs(), 1), false).dequantized(),
                linear.inputs(),
                linear.outputs());
        for (int i = 0; i < outputs.length; i++) {
          double difference = (double) outputs[i] - exact.get(k)[i];
          error += difference * difference;
        }
      }
      return error;
    }
  }

  private static float[] multiplied(Linear linear, double[] scales) {
    float[] matrix = Tensors.floats(linear.matrix());
    for (int i = 0; i < matrix.length; i++) {
      matrix[i] = (float) (matrix[i] * scales[i / linear.outputs()]);
    }
    return matrix;
  }

  /** Changes the graph, activation by activation. */
  private static final class Rewrite {
    private final OnnxGraph graph;
    private final Map<String, NodeProto> changed = new HashMap<>();
    private final Map<String, NodeProto> before = new HashMap<>();

    Rewrite(OnnxGraph graph) {
      this.graph = graph;
    }

    /** Divides an activation; true when a LayerNormalization could take it. */
    boolean divide(Site site, double[] scales) {
      NodeProto norm = foldable(site);
      String input = site.activation;
      if (norm != null) {
        NodeProto.Builder divided = norm.toBuilder();
        for (int at = 1; at < norm.getInputCount(); at++) {
          TensorProto old = graph.constant(norm.getInput(at));
          if (old != null) {
            float[] values = Tensors.floats(old);
            for (int j = 0; j < values.length; j++) {
              values[j] = (float) (values[j] / scales[j]);
            }
            divided.setInput(at, add(norm.getInput(at), old, values));
          }
        }
        changed.put(norm.getOutput(0), divided.build());
      } else {
        float[] reciprocals = new float[scales.length];
        for (int j = 0; j < scales.length; j++) {
          reciprocals[j] = (float) (1 / scales[j]);
        }
        String factor =
            graph.addInitializer(
                Tensors.ofFloats(
                    site.activation + "_smooth_scale", List.of((long) scales.length), reciprocals));
        input = graph.fresh(site.activation + "_smooth");
        NodeProto mul = Nodes.node("Mul", List.of(site.activation, factor), List.of(input));
        before.put(site.linears.get(0).output(), mul);
      }
      for (Linear linear : site.linears) {
        String weight = add(linear.weight(), linear.matrix(), multiplied(linear, scales));
        changed.put(
            linear.output(),
            linear.node().toBuilder().setInput(0, input).setInput(1, weight).build());
      }
      return norm != null;
    }

    ModelProto model() {
      List<NodeProto> nodes = new ArrayList<>();
      for (NodeProto node : graph.nodes()) {
        NodeProto mul = before.get(node.getOutput(0));
        if (mul != null) {
          nodes.add(mul);
        }
        nodes.add(changed.getOrDefault(node.getOutput(0), node));
      }
      graph.replaceNodes(nodes);
      graph.dropUnused();
      return graph.toModel();
    }

    private String add(String name, TensorProto old, float[] values) {
      return graph.addInitializer(Tensors.ofFloats(name + "_smooth", Tensors.shape(old), values));
    }

    /** The LayerNormalization that writes an activation for these matrices alone, or null. */
    private @Nullable NodeProto foldable(Site site) {
      NodeProto norm = graph.producer(site.activation);
      boolean own =
          norm != null
              && Nodes.is(norm, "LayerNormalization")
              && norm.getInputCount() >= 2
              && norm.getOutputCount() == 1
              && !graph.isOutput(site.activation)
              && graph.consumers(site.activation).size() == site.linears.size();
      if (norm == null || !own) {
        return null;
      }
      for (String parameter : norm.getInputList().subList(1, norm.getInputCount())) {
        TensorProto constant = graph.constant(parameter);
        if (constant == null
            || !Tensors.is(constant, DataType.FLOAT, 1)
            || constant.getDims(0) != site.least.length) {
          return null;
        }
      }
      return norm;
    }
  }
}
