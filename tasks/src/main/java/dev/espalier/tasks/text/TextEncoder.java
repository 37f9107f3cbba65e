package dev.espalier.tasks.text;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.util.PairList;
import dev.espalier.api.data.EncodedExample;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Turns texts into token ids with the model's own tokenizer.
 *
 * <p>Special tokens are added, inputs longer than the maximum are cut (of a pair, the longer text
 * first), and nothing is padded: padding belongs to the batch. What the tokenizer file itself says
 * about truncation and padding is ignored; files exported from sentence-embedding models cut and
 * pad everything to 128 tokens.
 *
 * <p>Holds native memory until it is closed. Not for use by several threads at once.
 */
public final class TextEncoder implements AutoCloseable {
  /**
   * The least maximum: room for the special tokens of a pair, four in RoBERTa, and a few of text.
   */
  public static final int SHORTEST_MAXIMUM = 8;

  /**
   * Texts tokenized per native call. An encoding comes with the tokens as strings and six arrays
   * that nobody needs here, about a hundred times the size of the ids, so few live at once.
   */
  private static final int CHUNK = 256;

  /** For long texts: the characters of a native call, unless a single text has more. */
  private static final int CHUNK_CHARACTERS = 1 << 18;

  private final HuggingFaceTokenizer tokenizer;

  private TextEncoder(HuggingFaceTokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  /**
   * Loads a tokenizer.
   *
   * @param tokenizerJson content of a Hugging Face {@code tokenizer.json}
   * @param maxSequenceLength longest result in tokens, special tokens included
   * @throws ProblemException of kind configuration when the maximum is below {@link
   *     #SHORTEST_MAXIMUM}, of kind input when the tokenizer cannot be parsed, of kind environment
   *     when the native library does not load
   */
  public static TextEncoder create(byte[] tokenizerJson, int maxSequenceLength) {
    if (maxSequenceLength < SHORTEST_MAXIMUM) {
      throw ProblemException.of(
          ProblemKind.CONFIGURATION,
          "the maximum sequence length must be at least "
              + SHORTEST_MAXIMUM
              + " tokens, found "
              + maxSequenceLength,
          null);
    }
    String maximum = Integer.toString(maxSequenceLength);
    Map<String, String> options =
        Map.of(
            "addSpecialTokens", "true",
            "padding", "false",
            "truncation", "true",
            "maxLength", maximum,
            // without it the library lowers the maximum to 512 and only logs so
            "modelMaxLength", maximum);
    return new TextEncoder(Tokenizers.load(tokenizerJson, options));
  }

  /**
   * Tokenizes one example.
   *
   * @return ids and token types, with special tokens, at most the maximum long
   */
  public EncodedExample encode(LabelledText example) {
    return encode(List.of(example)).get(0);
  }

  /**
   * Tokenizes examples: either all with one text or all with two.
   *
   * @return one result per example, in their order
   * @throws IllegalArgumentException when single texts and pairs are mixed
   */
  public List<EncodedExample> encode(List<LabelledText> examples) {
    List<EncodedExample> encoded = new ArrayList<>(examples.size());
    for (int from = 0; from < examples.size(); ) {
      List<LabelledText> chunk = examples.subList(from, chunkEnd(examples, from));
      from += chunk.size();
      Encoding[] encodings = encodeChunk(chunk);
      for (int i = 0; i < encodings.length; i++) {
        encoded.add(
            new EncodedExample(
                Tokenizers.toInts(encodings[i].getIds()),
                Tokenizers.toInts(encodings[i].getTypeIds()),
                chunk.get(i).target()));
      }
    }
    return encoded;
  }

  /** Frees the native memory. */
  @Override
  public void close() {
    tokenizer.close();
  }

  private static int chunkEnd(List<LabelledText> examples, int from) {
    int end = from;
    long characters = 0;
    do {
      characters += examples.get(end).characters();
      end++;
    } while (end < examples.size()
        && end - from < CHUNK
        && characters + examples.get(end).characters() <= CHUNK_CHARACTERS);
    return end;
  }

  private Encoding[] encodeChunk(List<LabelledText> chunk) {
    List<String> singles = new ArrayList<>(chunk.size());
    PairList<String, String> pairs = new PairList<>();
    for (LabelledText example : chunk) {
      String second = example.second();
      if (second == null) {
        singles.add(example.first());
      } else {
        pairs.add(example.first(), second);
      }
    }
    if (!singles.isEmpty() && pairs.size() > 0) {
      throw new IllegalArgumentException(
          "found " + singles.size() + " single texts among " + pairs.size() + " pairs");
    }
    return singles.isEmpty() ? tokenizer.batchEncode(pairs) : tokenizer.batchEncode(singles);
  }
}
