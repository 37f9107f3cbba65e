package dev.espalier.archive;

import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.core.model.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Masks that follow from what a checkpoint of movement pruning's scripts holds: raw weights, the
 * scores of a masked matrix under {@code <layer>.mask_scores}, and, in {@code config.json}, how the
 * scores make a mask (Sanh, Wolf and Rush 2020; Louizos, Welling and Kingma 2018).
 *
 * @param method how
 * @param threshold the value that the method compares with: a share kept, a score, or sigma of one;
 *     not used by {@link Method#L0}
 */
public record StoredMasks(Method method, double threshold) {
  /** What the name of a matrix's scores ends with, in place of {@code .weight}. */
  public static final String SCORES = ".mask_scores";

  private static final String WEIGHT = ".weight";

  /** The scripts keep this share of a matrix at least, whatever the threshold says. */
  private static final double FLOOR = 0.005;

  private static final double L0_LOW = -0.1;
  private static final double L0_HIGH = 1.1;

  /** How scores, or weights, make a mask. */
  public enum Method {
    /** The largest weights by magnitude; threshold is the share kept of each matrix. */
    MAGNITUDE,
    /** The largest scores; threshold is the share kept of each matrix. */
    TOPK,
    /** Scores above threshold. */
    THRESHOLD,
    /** Scores whose sigmoid is above threshold; the name is the scripts', misspelt. */
    SIGMOIED_THRESHOLD,
    /** Hard concrete gates as they are after training, which scale what they do not close. */
    L0;

    /**
     * The method that {@code config.json} names.
     *
     * @throws ProblemException of kind INPUT when there is none of that name
     */
    public static Method named(String name) {
      for (Method method : values()) {
        if (method.name().equals(name.toUpperCase(Locale.ROOT))) {
          return method;
        }
      }
      throw ProblemException.of(
          ProblemKind.INPUT,
          "pruning_method is " + name,
          "It must be one of magnitude, topK, threshold, sigmoied_threshold, l0.");
    }
  }

  /** Checks the threshold's range. */
  public StoredMasks {
    boolean share = method == Method.MAGNITUDE || method == Method.TOPK;
    boolean sound =
        switch (method) {
          case MAGNITUDE, TOPK -> threshold >= 0 && threshold <= 1;
          case SIGMOIED_THRESHOLD -> threshold > 0 && threshold < 1;
          case THRESHOLD -> Double.isFinite(threshold);
          case L0 -> true;
        };
    if (!sound) {
      throw ProblemException.of(
          ProblemKind.INPUT,
          "final_threshold is " + threshold,
          share
              ? "It is the share of weights kept, between 0 and 1."
              : "It must be a number that scores can be compared with.");
    }
  }

  /** Whether a checkpoint's names include scores. */
  public static boolean hasScores(Iterable<String> names) {
    for (String name : names) {
      if (name.endsWith(SCORES)) {
        return true;
      }
    }
    return false;
  }

  /** The weights that the scores of this name rank. */
  public static String weightOf(String scores) {
    return scores.substring(0, scores.length() - SCORES.length()) + WEIGHT;
  }

  /** The weights as the model uses them, without scores. */
  public SortedMap<String, Tensor> applied(SortedMap<String, Tensor> tensors) {
    SortedMap<String, Tensor> applied = new TreeMap<>(tensors);
    for (String name : tensors.keySet()) {
      if (name.endsWith(SCORES)) {
        applied.remove(name);
        String weight = weightOf(name);
        Tensor weights = tensors.get(weight);
        Tensor scores = tensors.get(name);
        if (weights == null || scores == null || !Arrays.equals(weights.shape(), scores.shape())) {
          throw ProblemException.of(
              ProblemKind.INPUT,
              name + " ranks " + weight + ", which is not there or of another shape",
              "Scores of blocks, heads or rows are not supported; finalize with what made them.");
        }
        applied.put(weight, apply(name, weights, scores));
      }
    }
    return applied;
  }

  /** One matrix as the model uses it. */
  private Tensor apply(String name, Tensor weights, Tensor scores) {
    float[] w = weights.values();
    float[] s = scores.values();
    for (float score : s) {
      if (Float.isNaN(score)) {
        throw ProblemException.of(ProblemKind.INPUT, name + " has a score that is no number", null);
      }
    }
    float[] kept = new float[w.length];
    switch (method) {
      case MAGNITUDE -> {
        float[] magnitudes = new float[w.length];
        for (int i = 0; i < w.length; i++) {
          magnitudes[i] = Math.abs(w[i]);
        }
        keepLargest(w, magnitudes, kept);
      }
      case TOPK -> keepLargest(w, s, kept);
      case THRESHOLD -> keepAbove(w, s, threshold, kept);
      case SIGMOIED_THRESHOLD -> keepAbove(w, s, Math.log(threshold / (1 - threshold)), kept);
      case L0 -> {
        for (int i = 0; i < w.length; i++) {
          double gate = (L0_HIGH - L0_LOW) / (1 + Math.exp(-s[i])) + L0_LOW;
          kept[i] = (float) (w[i] * Math.max(0, Math.min(1, gate)));
        }
      }
    }
    return new Tensor(weights.shape(), kept);
  }

  /** The floor(threshold · n) largest, of equal ones the first. */
  private void keepLargest(float[] weights, float[] ranks, float[] kept) {
    int count = (int) Math.floor(threshold * ranks.length);
    if (count == 0) {
      return;
    }
    float[] sorted = ranks.clone();
    Arrays.sort(sorted);
    float least = sorted[sorted.length - count];
    int above = 0;
    for (float rank : ranks) {
      above += Float.compare(rank, least) > 0 ? 1 : 0;
    }
    int equal = count - above;
    for (int i = 0; i < ranks.length; i++) {
      int order = Float.compare(ranks[i], least);
      if (order > 0 || (order == 0 && equal-- > 0)) {
        kept[i] = weights[i];
      }
    }
  }

  /** What is above the cut, or, where that is too little, above the cut that leaves the floor. */
  private static void keepAbove(float[] weights, float[] scores, double cut, float[] kept) {
    // In float32, as the scripts compare: a score equal to the threshold is not above it.
    float applied = (float) cut;
    int least = (int) Math.floor(FLOOR * scores.length) + 1;
    long above = 0;
    for (float score : scores) {
      above += score > applied ? 1 : 0;
    }
    if (above < least) {
      float[] sorted = scores.clone();
      Arrays.sort(sorted);
      applied = sorted[Math.max(scores.length - least, 1) - 1];
    }
    for (int i = 0; i < scores.length; i++) {
      kept[i] = scores[i] > applied ? weights[i] : 0;
    }
  }

  /** Names of the matrices that scores rank. */
  public static List<String> ranked(Iterable<String> names) {
    List<String> ranked = new ArrayList<>();
    for (String name : names) {
      if (name.endsWith(SCORES)) {
        ranked.add(weightOf(name));
      }
    }
    return ranked;
  }
}
