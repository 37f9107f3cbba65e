package dev.espalier.tasks.text;

import ai.djl.engine.EngineException;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;

/** Loads tokenizers, turning what the native library throws into problems. */
final class Tokenizers {
  private Tokenizers() {}

  /**
   * Loads a tokenizer.
   *
   * @param json content of a Hugging Face {@code tokenizer.json}
   * @param options as DJL names them
   * @throws ProblemException of kind input when the tokenizer cannot be parsed, of kind environment
   *     when the native library does not load
   */
  static HuggingFaceTokenizer load(byte[] json, Map<String, String> options) {
    try (ByteArrayInputStream in = new ByteArrayInputStream(json)) {
      return HuggingFaceTokenizer.newInstance(in, options);
    } catch (EngineException | LinkageError e) {
      throw new ProblemException(
          List.of(
              new Problem(
                  ProblemKind.ENVIRONMENT,
                  null,
                  "the tokenizer's native library does not load: "
                      + e.getMessage()
                      + (e.getCause() == null ? "" : ": " + e.getCause().getMessage()),
                  "It comes from Maven for 64-bit Linux, macOS and Windows and unpacks 14 MB under"
                      + " DJL_CACHE_DIR (default ~/.djl.ai): check platform, disk and limits of"
                      + " memory.")),
          e);
    } catch (IOException e) {
      throw new UncheckedIOException("reading from memory", e);
    } catch (RuntimeException e) { // all that the native parser throws
      throw new ProblemException(
          List.of(
              new Problem(
                  ProblemKind.INPUT,
                  null,
                  "the model's tokenizer.json cannot be used: " + e.getMessage(),
                  "it must be the file that Hugging Face's tokenizers library writes")),
          e);
    }
  }

  static int[] toInts(long[] values) {
    int[] ints = new int[values.length];
    for (int i = 0; i < ints.length; i++) {
      ints[i] = Math.toIntExact(values[i]);
    }
    return ints;
  }
}
