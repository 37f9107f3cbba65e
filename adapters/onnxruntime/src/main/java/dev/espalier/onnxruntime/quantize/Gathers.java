package dev.espalier.onnxruntime.quantize;

import static dev.espalier.onnxruntime.graph.Nodes.attribute;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.espalier.onnxruntime.graph.Nodes;
import dev.espalier.onnxruntime.graph.OnnxGraph;
import dev.espalier.onnxruntime.quantize.Int8Constants.Weight;
import java.util.List;

/**
 * Int8 embeddings, the same in each format: the rows are gathered as int8 and then turned to float.
 * A DequantizeLinear before the Gather would turn the whole table for each request.
 */
final class Gathers {
  private final OnnxGraph graph;
  private final Selection selection;
  private final Int8Constants int8;

  Gathers(OnnxGraph graph, Selection selection, Int8Constants int8) {
    this.graph = graph;
    this.selection = selection;
    this.int8 = int8;
  }

  /** Appends what takes the place of a Gather from this table. */
  void rewrite(NodeProto node, TensorProto table, List<NodeProto> nodes) {
    String output = node.getOutput(0);
    String indices = node.getInput(1);
    // [rows, 1], so that what is gathered from it has the dimension to multiply rows along.
    List<Long> scalesShape = List.of(table.getDims(0), 1L);
    Weight weight =
        int8.of(
            selection.perChannel(node, node.getInput(0)), node.getInput(0), table, 0, scalesShape);
    String rows = graph.fresh(output + "_int8");
    nodes.add(Nodes.node("Gather", List.of(weight.values(), indices), List.of(rows)));
    if (weight.axis() < 0) {
      nodes.add(Nodes.node("DequantizeLinear", List.of(rows, weight.scales()), List.of(output)));
      return;
    }
    String scales = graph.fresh(output + "_scales");
    String floats = graph.fresh(output + "_cast");
    nodes.add(Nodes.node("Gather", List.of(weight.scales(), indices), List.of(scales)));
    nodes.add(
        Nodes.node(
            "Cast", List.of(rows), List.of(floats), attribute("to", DataType.FLOAT.getNumber())));
    nodes.add(Nodes.node("Mul", List.of(floats, scales), List.of(output)));
  }
}
