package dev.espalier.onnxruntime.bert;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.core.model.BertArchitecture;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.model.TransformerParameters;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.onnxruntime.graph.Nodes;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import dev.espalier.onnxruntime.graph.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the weights of a BERT encoder out of an ONNX graph that PyTorch exported.
 *
 * <p>PyTorch keeps the names of biases, norms and embeddings, but folds the transposition of each
 * linear layer's matrix into an anonymous constant {@code onnx::MatMul_885} of shape [in, out].
 * Such a matrix is known by the bias that is added to its product: {@code X.bias} belongs to {@code
 * X.weight}, which is stored as Hugging Face has it, [out, in]. The number of heads is in the
 * reshapes of the attention, the epsilon in the layer normalizations; dropout leaves no trace in a
 * graph for inference, so that its probabilities are those of the BERT paper, 0.1.
 */
public final class BertOnnxImport {
  private static final double DROPOUT = 0.1;
  private static final String WEIGHT = ".weight";
  private static final String BIAS = ".bias";
  private static final Pattern LAYER = Pattern.compile("bert\\.encoder\\.layer\\.(\\d+)\\..*");

  private final OnnxGraph graph;
  private final String source;

  private BertOnnxImport(OnnxGraph graph, String source) {
    this.graph = graph;
    this.source = source;
  }

  /**
   * Reads encoder and pooler; what else is in the graph is left out.
   *
   * @param source what messages call the model
   * @return the weights by Hugging Face's names, with the prefix {@code bert.}
   * @throws ProblemException of kind INPUT when a matrix cannot be identified, a parameter is
   *     missing or has an unexpected shape, or the heads cannot be told
   */
  public static TransformerWeights read(ModelProto model, String source) {
    return new BertOnnxImport(OnnxGraph.of(model), source).read();
  }

  private TransformerWeights read() {
    SortedMap<String, Tensor> found = namedParameters();
    identifyMatrices(found);
    BertArchitecture architecture = architecture(found);

    SortedMap<String, Tensor> tensors = new TreeMap<>();
    List<String> missing = new ArrayList<>();
    Map<String, int[]> wanted = new LinkedHashMap<>(TransformerParameters.encoder(architecture));
    wanted.putAll(TransformerParameters.classifierDense(architecture));
    for (Map.Entry<String, int[]> expected : wanted.entrySet()) {
      Tensor tensor = found.get(expected.getKey());
      if (tensor == null) {
        missing.add(expected.getKey());
      } else if (!Arrays.equals(tensor.shape(), expected.getValue())) {
        throw problem(
            expected.getKey()
                + " should have shape "
                + Arrays.toString(expected.getValue())
                + ", found "
                + Arrays.toString(tensor.shape()));
      } else {
        tensors.put(expected.getKey(), tensor);
      }
    }
    if (!missing.isEmpty()) {
      throw problem("the graph has no " + String.join(", no ", missing));
    }
    return new TransformerWeights(architecture, tensors);
  }

  private SortedMap<String, Tensor> namedParameters() {
    SortedMap<String, Tensor> found = new TreeMap<>();
    for (TensorProto tensor : graph.initializers()) {
      String name = tensor.getName();
      boolean parameter = name.endsWith(WEIGHT) || name.endsWith(BIAS);
      if (parameter && tensor.getDataType() == DataType.FLOAT.getNumber()) {
        found.put(prefixed(name), new Tensor(intShape(tensor), values(tensor)));
      }
    }
    return found;
  }

  /** Adds the matrices that are multiplied with, replacing those that bear their names already. */
  private void identifyMatrices(SortedMap<String, Tensor> found) {
    Set<String> identified = new HashSet<>();
    for (NodeProto node : graph.nodes()) {
      if (!Nodes.is(node, "MatMul") || node.getInputCount() != 2) {
        continue;
      }
      TensorProto matrix = graph.constant(node.getInput(1));
      if (matrix == null || !Tensors.is(matrix, DataType.FLOAT, 2)) {
        continue;
      }
      int in = intShape(matrix)[0];
      int out = intShape(matrix)[1];
      String bias = biasAddedTo(node.getOutput(0), out);
      if (bias == null) {
        throw problem(
            "cannot tell which layer the matrix "
                + node.getInput(1)
                + " ["
                + in
                + ", "
                + out
                + "] belongs to: no named bias is added to its product");
      }
      String name = prefixed(bias.substring(0, bias.length() - BIAS.length()) + WEIGHT);
      if (!identified.add(name)) {
        throw problem("two matrices belong to the bias " + bias);
      }
      found.put(name, Tensor.matrix(out, in, Tensors.transpose(values(matrix), in, out)));
    }
  }

  /** The name of the bias in the Add that follows, on either side of it; null without one. */
  private @Nullable String biasAddedTo(String product, int columns) {
    for (NodeProto add : graph.consumers(product)) {
      if (!Nodes.is(add, "Add")) {
        continue;
      }
      for (String input : add.getInputList()) {
        TensorProto bias = graph.initializer(input);
        if (bias != null
            && input.endsWith(BIAS)
            && bias.getDimsCount() == 1
            && bias.getDims(0) == columns) {
          return input;
        }
      }
    }
    return null;
  }

  private BertArchitecture architecture(SortedMap<String, Tensor> found) {
    int[] words = matrixShape(found, "bert.embeddings.word_embeddings.weight");
    int[] positions = matrixShape(found, "bert.embeddings.position_embeddings.weight");
    int[] types = matrixShape(found, "bert.embeddings.token_type_embeddings.weight");
    int[] intermediate = matrixShape(found, "bert.encoder.layer.0.intermediate.dense.weight");
    int hidden = words[1];
    return new BertArchitecture(
        words[0],
        hidden,
        layers(found),
        heads(hidden),
        intermediate[0],
        positions[0],
        types[0],
        epsilon(),
        DROPOUT,
        DROPOUT);
  }

  private int[] matrixShape(SortedMap<String, Tensor> found, String name) {
    Tensor tensor = found.get(name);
    if (tensor == null || tensor.shape().length != 2) {
      throw problem("the graph has no matrix " + name + "; only BERT encoders can be read");
    }
    return tensor.shape();
  }

  private static int layers(SortedMap<String, Tensor> found) {
    int layers = 0;
    for (String name : found.keySet()) {
      Matcher matcher = LAYER.matcher(name);
      if (matcher.matches()) {
        layers = Math.max(layers, Integer.parseInt(matcher.group(1)) + 1);
      }
    }
    return layers;
  }

  /** From the reshapes to [batch, sequence, heads, head size]. */
  private int heads(int hidden) {
    TreeSet<Long> heads = new TreeSet<>();
    for (NodeProto node : graph.nodes()) {
      if (Nodes.is(node, "Reshape") && node.getInputCount() > 1) {
        List<Long> last = lastTwo(node.getInput(1));
        if (last.size() == 2 && last.get(0) * last.get(1) == hidden) {
          heads.add(last.get(0));
        }
      }
    }
    if (heads.size() != 1) {
      throw problem(
          heads.isEmpty()
              ? "no reshape to [batch, sequence, heads, head size] tells the number of heads"
              : "the layers differ in their number of heads: " + heads);
    }
    return Math.toIntExact(heads.first());
  }

  /** The last two of four dimensions, given as a constant or put together by a Concat. */
  private List<Long> lastTwo(String shape) {
    TensorProto constant = graph.constant(shape);
    if (constant != null && Tensors.is(constant, DataType.INT64, 1)) {
      long[] dimensions = Tensors.longs(constant);
      return dimensions.length == 4 ? List.of(dimensions[2], dimensions[3]) : List.of();
    }
    NodeProto concat = graph.producer(shape);
    if (concat == null || !Nodes.is(concat, "Concat") || concat.getInputCount() != 4) {
      return List.of();
    }
    List<Long> last = new ArrayList<>();
    for (String input : concat.getInputList().subList(2, 4)) {
      TensorProto dimension = graph.constant(input);
      if (dimension != null && dimension.getDataType() == DataType.INT64.getNumber()) {
        last.add(Tensors.longs(dimension)[0]);
      }
    }
    return last;
  }

  /** From the LayerNormalization operator, or from the sum under the root in its expansion. */
  private double epsilon() {
    TreeSet<Double> found = new TreeSet<>();
    for (NodeProto node : graph.nodes()) {
      if (Nodes.is(node, "LayerNormalization")) {
        node.getAttributeList().stream()
            .filter(attribute -> attribute.getName().equals("epsilon"))
            .forEach(attribute -> found.add(decimal(attribute.getF())));
      } else if (Nodes.is(node, "Sqrt")) {
        NodeProto sum = graph.producer(node.getInput(0));
        if (sum != null && Nodes.is(sum, "Add")) {
          for (String input : sum.getInputList()) {
            TensorProto constant = graph.constant(input);
            if (constant != null && Tensors.size(constant) == 1) {
              found.add(decimal(Tensors.floats(constant)[0]));
            }
          }
        }
      }
    }
    if (found.size() != 1) {
      throw problem("layer normalizations should have one epsilon, found " + found);
    }
    return found.first();
  }

  /** The decimal number that was meant: 1e-12 and not 9.999999960041972e-13. */
  private static double decimal(float value) {
    return Double.parseDouble(Float.toString(value));
  }

  private static String prefixed(String name) {
    return name.startsWith("bert.") || name.startsWith("classifier.") ? name : "bert." + name;
  }

  private static int[] intShape(TensorProto tensor) {
    return Tensors.shape(tensor).stream().mapToInt(Math::toIntExact).toArray();
  }

  private float[] values(TensorProto tensor) {
    try {
      return Tensors.floats(tensor);
    } catch (IllegalArgumentException broken) {
      throw problem(broken.getMessage());
    }
  }

  private ProblemException problem(String message) {
    return ProblemException.at(ProblemKind.INPUT, Location.ofFile(source), message, null);
  }
}
