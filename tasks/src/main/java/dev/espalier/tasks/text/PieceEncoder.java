package dev.espalier.tasks.text;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Turns texts into the pieces of the model's own tokenizer, without special tokens and uncut, and
 * says where in the text each piece stands.
 *
 * <p>Holds native memory until it is closed. Not for use by several threads at once.
 */
public final class PieceEncoder implements AutoCloseable {
  private final HuggingFaceTokenizer tokenizer;

  private PieceEncoder(HuggingFaceTokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  /**
   * Loads a tokenizer.
   *
   * @param tokenizerJson content of a Hugging Face {@code tokenizer.json}
   * @throws dev.espalier.api.problem.ProblemException of kind input when the tokenizer cannot be
   *     parsed, of kind environment when the native library does not load
   */
  public static PieceEncoder create(byte[] tokenizerJson) {
    return new PieceEncoder(
        Tokenizers.load(
            tokenizerJson,
            Map.of("addSpecialTokens", "true", "padding", "false", "truncation", "false")));
  }

  /**
   * A text in pieces. Piece i stands for the text's code points from {@code starts[i]} to before
   * {@code ends[i]}.
   *
   * @param ids the pieces
   * @param starts where each begins, in code points
   * @param ends where each ends
   */
  @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
  public record Pieces(int[] ids, int[] starts, int[] ends) {
    /** The number of pieces. */
    public int size() {
      return ids.length;
    }
  }

  /** The pieces of a text. */
  public Pieces encode(String text) {
    Encoding encoding = tokenizer.encode(text, false, false);
    int[] ids = Tokenizers.toInts(encoding.getIds());
    int[] starts = new int[ids.length];
    int[] ends = new int[ids.length];
    CharSpan[] spans = encoding.getCharTokenSpans();
    for (int i = 0; i < ids.length; i++) {
      starts[i] = spans[i].getStart();
      ends[i] = spans[i].getEnd();
    }
    return new Pieces(ids, starts, ends);
  }

  /**
   * What a model reads around two texts.
   *
   * @param before special tokens before the first text
   * @param between those between the texts
   * @param after those after the second
   * @param types token types of: before, first text, between, second text, after; the first of each
   *     stands for all
   */
  @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
  public record Frame(int[] before, int[] between, int[] after, int[][] types) {
    /** The number of special tokens. */
    public int size() {
      return before.length + between.length + after.length;
    }
  }

  /** The special tokens that this tokenizer puts around a pair of texts. */
  public Frame frame() {
    String text = "a";
    int[] alone = encode(text).ids();
    Encoding pair = tokenizer.encode(text, text, true, false);
    int[] ids = Tokenizers.toInts(pair.getIds());
    int[] types = Tokenizers.toInts(pair.getTypeIds());
    int first = find(alone, ids, 0);
    int second = find(alone, ids, first + alone.length);
    int afterFirst = first + alone.length;
    int afterSecond = second + alone.length;
    return new Frame(
        Arrays.copyOfRange(ids, 0, first),
        Arrays.copyOfRange(ids, afterFirst, second),
        Arrays.copyOfRange(ids, afterSecond, ids.length),
        new int[][] {
          Arrays.copyOfRange(types, 0, first),
          {types[first]},
          Arrays.copyOfRange(types, afterFirst, second),
          {types[second]},
          Arrays.copyOfRange(types, afterSecond, types.length)
        });
  }

  private static int find(int[] wanted, int[] ids, int from) {
    for (int i = from; i + wanted.length <= ids.length; i++) {
      if (Arrays.equals(wanted, 0, wanted.length, ids, i, i + wanted.length)) {
        return i;
      }
    }
    throw new IllegalStateException(
        "this tokenizer changes a text in a pair: " + List.of(wanted.length, ids.length));
  }

  /** Frees the native memory. */
  @Override
  public void close() {
    tokenizer.close();
  }
}
