package dev.espalier.tuner.prepare;

import dev.espalier.core.model.Tensor;
import dev.espalier.core.model.TransformerWeights;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * The classes that the rows of a classifier stand for, against those of the data. They are the same
 * when their names are, capitals, blanks, hyphens and underscores aside.
 *
 * @param named the model's, in the order of its rows; empty when it doesn't name them
 * @param wanted the data's, in the order of their indices
 * @param kind how they compare
 */
public record ClassOrder(List<String> named, List<String> wanted, Kind kind) {
  /** What to do about other classes. */
  public static final String ADVICE =
      "The names come from id2label in the config.json beside it: correct them there, or in"
          + " data.labels, if only they differ; they may be in any order.";

  /** The same for a model whose rows nobody but its program knows. */
  static final String FIXED_ADVICE =
      "The names come from id2label in the config.json beside it, and the order of a TorchScript"
          + " model's answers cannot be changed: set data.labels to them, or correct them.";

  /** How two lists of classes compare. */
  public enum Kind {
    /** The same classes in the same order. */
    SAME,
    /** The same classes in another order. */
    PERMUTED,
    /** One side has no names, or numbers for names: the order is all there is to go by. */
    UNKNOWN,
    /** Other classes. */
    OTHER
  }

  /** Copies the lists. */
  public ClassOrder {
    named = List.copyOf(named);
    wanted = List.copyOf(wanted);
  }

  /** Compares. */
  public static ClassOrder of(List<String> named, List<String> wanted) {
    return new ClassOrder(named, wanted, kind(named, wanted));
  }

  private static Kind kind(List<String> named, List<String> wanted) {
    if (named.equals(wanted)) {
      return Kind.SAME;
    }
    List<Integer> rows = rows(named, wanted);
    if (!rows.isEmpty()) {
      return rows.equals(inOrder(wanted.size())) ? Kind.SAME : Kind.PERMUTED;
    }
    boolean countsRows =
        named.isEmpty() || (named.size() == wanted.size() && (counts(named) || counts(wanted)));
    return countsRows ? Kind.UNKNOWN : Kind.OTHER;
  }

  /** Whether each name is the number of its row. */
  private static boolean counts(List<String> names) {
    return IntStream.range(0, names.size())
        .allMatch(row -> names.get(row).strip().equals(Integer.toString(row)));
  }

  /** For each class of the data, the row that stands for it. */
  List<Integer> rows() {
    return kind == Kind.PERMUTED ? rows(named, wanted) : inOrder(wanted.size());
  }

  /** For each wanted class its row by name, as it is written or else plainly; empty if none fit. */
  private static List<Integer> rows(List<String> named, List<String> wanted) {
    for (UnaryOperator<String> form : List.<UnaryOperator<String>>of(s -> s, ClassOrder::plain)) {
      List<String> theirs = named.stream().map(form).toList();
      List<String> ours = wanted.stream().map(form).toList();
      boolean distinct = new HashSet<>(ours).size() == ours.size();
      if (distinct && theirs.size() == ours.size() && theirs.containsAll(ours)) {
        return ours.stream().map(theirs::indexOf).toList();
      }
    }
    return List.of();
  }

  private static String plain(String name) {
    return name.strip().toLowerCase(Locale.ROOT).replaceAll("[\\s_-]+", " ");
  }

  private static List<Integer> inOrder(int size) {
    return IntStream.range(0, size).boxed().toList();
  }

  /** The model with the rows of its classifier in the order of the data. */
  public TransformerWeights applied(TransformerWeights weights) {
    if (kind != Kind.PERMUTED) {
      return weights;
    }
    TreeMap<String, Tensor> tensors = new TreeMap<>(weights.tensors());
    for (String part : List.of(".weight", ".bias")) {
      tensors.computeIfPresent(
          weights.bert().family().classifier().out() + part, (name, tensor) -> applied(tensor));
    }
    return new TransformerWeights(weights.architecture(), tensors);
  }

  private Tensor applied(Tensor before) {
    int size = before.values().length / wanted.size();
    float[] values = new float[before.values().length];
    List<Integer> rows = rows();
    for (int row = 0; row < rows.size(); row++) {
      System.arraycopy(before.values(), rows.get(row) * size, values, row * size, size);
    }
    return new Tensor(before.shape(), values);
  }

  /** Logits of [examples, the model's classes] with a column for each class of the data. */
  public float[][] applied(float[][] logits) {
    if (kind != Kind.PERMUTED) {
      return logits;
    }
    List<Integer> rows = rows();
    float[][] ordered = new float[logits.length][rows.size()];
    for (int example = 0; example < logits.length; example++) {
      for (int row = 0; row < rows.size(); row++) {
        ordered[example][row] = logits[example][rows.get(row)];
      }
    }
    return ordered;
  }

  /** What a user should know of it, in a sentence; nothing when the order is the same. */
  public List<String> notes(String model) {
    return switch (kind) {
      case SAME, OTHER -> List.of();
      case PERMUTED ->
          List.of(
              "The classes of "
                  + model
                  + " are "
                  + named
                  + ", those of the data "
                  + wanted
                  + ": they are matched by name.");
      case UNKNOWN ->
          List.of(
              "The class names of "
                  + model
                  + (named.isEmpty()
                      ? " are unknown"
                      : ", " + named + ", are not those of the data")
                  + ": its rows are taken in the order "
                  + wanted
                  + ".");
    };
  }

  /** What is wrong with a model of {@link Kind#OTHER} classes. */
  public String difference(String model) {
    return model + "'s classes are " + named + ", the task's " + wanted;
  }
}
