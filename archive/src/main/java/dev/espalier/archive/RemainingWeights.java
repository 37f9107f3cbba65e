package dev.espalier.archive;

import java.util.List;
import java.util.regex.Pattern;

/**
 * How many weights a pruned checkpoint has left. Only zeros of pruned matrices count as removed:
 * biases, norms and embeddings count as kept, whatever their values. For the encoder that is how
 * movement pruning's scripts count (Sanh, Wolf and Rush 2020), so BERT-base with a tenth of its
 * matrices left has 10.127 % of its encoder left.
 *
 * @param matrices the pruned matrices, in the order of their names
 * @param pruned all of them together
 * @param encoder all parameters of the encoder; empty in a model without one
 * @param model all parameters
 */
public record RemainingWeights(List<Matrix> matrices, Share pruned, Share encoder, Share model) {
  private static final Pattern ENCODER =
      Pattern.compile("(^|\\.)(encoder|transformer)\\.(layer|layers)\\.");

  /** Copies the list. */
  public RemainingWeights {
    matrices = List.copyOf(matrices);
  }

  /**
   * One pruned matrix.
   *
   * @param name its parameter's
   * @param rows output features
   * @param columns input features
   * @param share what is left of it
   */
  public record Matrix(String name, int rows, int columns, Share share) {}

  /**
   * Remaining weights out of all.
   *
   * @param remaining how many are left
   * @param parameters how many there were
   */
  public record Share(long remaining, long parameters) {
    /** The share that is left, in percent; 0 of nothing. */
    public double percent() {
      return parameters == 0 ? 0 : 100.0 * remaining / parameters;
    }

    private Share plus(long moreRemaining, long moreParameters) {
      return new Share(remaining + moreRemaining, parameters + moreParameters);
    }
  }

  /**
   * What is to be counted of one parameter.
   *
   * @param name the parameter's
   * @param shape its dimensions
   * @param nonZeros how many of its values are not zero
   * @param pruned whether it is a pruned matrix
   */
  public record Parameter(String name, List<Integer> shape, long nonZeros, boolean pruned) {
    /** Copies the shape. */
    public Parameter {
      shape = List.copyOf(shape);
    }

    private long size() {
      return shape.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
    }
  }

  /**
   * Whether a parameter of this name belongs to the encoder's layers, of BERT's family at least.
   */
  public static boolean isOfEncoder(String name) {
    return ENCODER.matcher(name).find();
  }

  /** Counts. */
  public static RemainingWeights of(List<Parameter> parameters) {
    List<Matrix> matrices =
        parameters.stream()
            .filter(Parameter::pruned)
            .map(
                p ->
                    new Matrix(
                        p.name(),
                        p.shape().get(0),
                        p.shape().get(1),
                        new Share(p.nonZeros(), p.size())))
            .toList();
    Share pruned = new Share(0, 0);
    Share encoder = new Share(0, 0);
    Share model = new Share(0, 0);
    for (Parameter parameter : parameters) {
      long size = parameter.size();
      long remaining = parameter.pruned() ? parameter.nonZeros() : size;
      model = model.plus(remaining, size);
      if (parameter.pruned()) {
        pruned = pruned.plus(remaining, size);
      }
      if (isOfEncoder(parameter.name())) {
        encoder = encoder.plus(remaining, size);
      }
    }
    return new RemainingWeights(matrices, pruned, encoder, model);
  }
}
