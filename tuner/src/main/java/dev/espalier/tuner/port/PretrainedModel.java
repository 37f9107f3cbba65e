package dev.espalier.tuner.port;

import java.util.List;

/**
 * What fine-tuning starts from, or what a teacher is.
 *
 * @param reference how the configuration names it
 * @param weights the encoder, and the head if there is one; a head that is missing or does not fit
 *     is added by the trainer
 * @param tokenizerJson the tokenizer in Hugging Face's {@code tokenizer.json} format
 * @param sha256 hash of the file that the weights were read from, in hexadecimal
 * @param labels the names of the classes in the order of the head's rows; empty when the model does
 *     not say
 */
@SuppressWarnings("ArrayRecordComponent") // a file's content, never compared
public record PretrainedModel(
    String reference,
    TransformerWeights weights,
    byte[] tokenizerJson,
    String sha256,
    List<String> labels) {
  /** Copies the list. */
  public PretrainedModel {
    labels = List.copyOf(labels);
  }

  /** A model that names no classes. */
  public PretrainedModel(
      String reference, TransformerWeights weights, byte[] tokenizerJson, String sha256) {
    this(reference, weights, tokenizerJson, sha256, List.of());
  }

  /** The same model with other weights. */
  public PretrainedModel with(TransformerWeights others) {
    return new PretrainedModel(reference, others, tokenizerJson, sha256, labels);
  }
}
