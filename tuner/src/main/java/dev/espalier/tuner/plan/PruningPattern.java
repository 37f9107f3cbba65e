package dev.espalier.tuner.plan;

import dev.espalier.api.pruning.GroupRule;
import dev.espalier.core.model.Architecture;
import dev.espalier.core.model.BertArchitecture;
import dev.espalier.core.model.Family;
import dev.espalier.core.model.LayerPart;
import dev.espalier.core.training.PrunedMatrix;
import dev.espalier.core.training.UnitGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What is kept or removed together. */
sealed interface PruningPattern
    permits PruningPattern.Blocks,
        PruningPattern.AtMost,
        PruningPattern.FfnPairs,
        PruningPattern.Heads {
  /** Blocks of rows x columns; 1 x 1 for single weights. */
  record Blocks(int rows, int columns) implements PruningPattern {
    @Override
    public List<UnitGroup> groups(List<Matrix> matrices, Architecture architecture) {
      return matrices.stream().map(m -> m.inBlocks(rows, columns)).map(UnitGroup::of).toList();
    }
  }

  /** Of each M consecutive weights along the input, at most N are removed. */
  record AtMost(GroupRule rule) implements PruningPattern {
    @Override
    public List<UnitGroup> groups(List<Matrix> matrices, Architecture architecture) {
      for (Matrix matrix : matrices) {
        if (matrix.columns() % rule.of() != 0) {
          throw new IllegalArgumentException(
              matrix.name()
                  + " has "
                  + matrix.columns()
                  + " columns, which are not a multiple of "
                  + rule.of());
        }
      }
      return new Blocks(1, 1).groups(matrices, architecture);
    }
  }

  /** A row of a feed-forward network's first matrix with the column of the second that it feeds. */
  record FfnPairs() implements PruningPattern {
    private static final List<LayerPart> PARTS = List.of(LayerPart.INTERMEDIATE, LayerPart.OUTPUT);

    @Override
    public List<UnitGroup> groups(List<Matrix> matrices, Architecture architecture) {
      return perLayer(
          bert(architecture).family(),
          matrices,
          PARTS,
          "ffn",
          List.of(m -> m.inBlocks(1, m.columns()), m -> m.inBlocks(m.rows(), 1)));
    }
  }

  /** The rows of query, key and value of an attention head, with the columns that it feeds. */
  record Heads() implements PruningPattern {
    private static final List<LayerPart> PARTS =
        List.of(LayerPart.QUERY, LayerPart.KEY, LayerPart.VALUE, LayerPart.ATTENTION_OUTPUT);

    @Override
    public List<UnitGroup> groups(List<Matrix> matrices, Architecture architecture) {
      BertArchitecture bert = bert(architecture);
      int width = bert.headSize();
      Cut in = m -> m.inBlocks(width, m.columns());
      Cut out = m -> m.inBlocks(m.rows(), width);
      return perLayer(bert.family(), matrices, PARTS, "heads", List.of(in, in, in, out));
    }
  }

  /** A matrix that may be pruned. */
  record Matrix(String name, int rows, int columns) {
    PrunedMatrix inBlocks(int blockRows, int blockColumns) {
      return new PrunedMatrix(name, rows, columns, blockRows, blockColumns);
    }
  }

  /** How one matrix is divided into units. */
  interface Cut {
    PrunedMatrix of(Matrix matrix);
  }

  /** How it is written in a configuration. */
  String SYNTAX = "1x1, RxC (blocks), N:M (N removed of each M), ffn_pairs or heads";

  /**
   * Reads what a configuration says.
   *
   * @throws IllegalArgumentException when it is none of {@link #SYNTAX}
   */
  static PruningPattern parse(String text) {
    if (text.equals("ffn_pairs")) {
      return new FfnPairs();
    }
    if (text.equals("heads")) {
      return new Heads();
    }
    Matcher numbers = Pattern.compile("([1-9][0-9]{0,4})([x:])([1-9][0-9]{0,4})").matcher(text);
    if (!numbers.matches()) {
      throw new IllegalArgumentException("must be " + SYNTAX + ", found \"" + text + "\"");
    }
    int first = Integer.parseInt(numbers.group(1));
    int second = Integer.parseInt(numbers.group(3));
    return numbers.group(2).equals("x")
        ? new Blocks(first, second)
        : new AtMost(new GroupRule(first, second));
  }

  /**
   * Divides matrices into units.
   *
   * @param matrices what the configuration names, in the order of the names; those that a pattern
   *     has no use for stay dense
   * @throws IllegalArgumentException when a matrix does not fit, or a partner is missing
   */
  List<UnitGroup> groups(List<Matrix> matrices, Architecture architecture);

  private static BertArchitecture bert(Architecture architecture) {
    if (architecture instanceof BertArchitecture bert) {
      return bert;
    }
    throw new IllegalArgumentException(
        "it goes by the layers of BERT's family, which a TorchScript model is not known to have");
  }

  private static List<UnitGroup> perLayer(
      Family family, List<Matrix> matrices, List<LayerPart> parts, String common, List<Cut> cuts) {
    TreeMap<String, Matrix> byName = new TreeMap<>();
    TreeSet<Integer> layers = new TreeSet<>();
    for (Matrix matrix : matrices) {
      int layer = layerOf(family, matrix.name());
      if (layer >= 0
          && parts.stream().map(p -> weight(family, layer, p)).anyMatch(matrix.name()::equals)) {
        byName.put(matrix.name(), matrix);
        layers.add(layer);
      }
    }
    List<UnitGroup> groups = new ArrayList<>();
    for (int layer : layers) {
      List<PrunedMatrix> members = new ArrayList<>();
      for (int i = 0; i < parts.size(); i++) {
        String name = weight(family, layer, parts.get(i));
        Matrix matrix = byName.get(name);
        if (matrix == null) {
          throw new IllegalArgumentException(
              "layer " + layer + " is only pruned as a whole, but " + name + " is left out");
        }
        members.add(cuts.get(i).of(matrix));
      }
      groups.add(new UnitGroup(family.layer(layer) + common, members));
    }
    return groups;
  }

  private static String weight(Family family, int layer, LayerPart part) {
    return family.layer(layer, part) + ".weight";
  }

  private static int layerOf(Family family, String name) {
    Matcher layer =
        Pattern.compile(Pattern.quote(family.encoder()) + "([0-9]{1,9})\\..*").matcher(name);
    return layer.matches() ? Integer.parseInt(layer.group(1)) : -1;
  }
}
