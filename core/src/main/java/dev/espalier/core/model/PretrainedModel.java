package dev.espalier.core.model;

import dev.espalier.core.files.Sha256;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What fine-tuning starts from, or what a teacher is.
 *
 * @param reference how the configuration names it
 * @param weights the encoder, and the head if there is one; a head that is missing or does not fit
 *     is added by the trainer
 * @param tokenizerJson the tokenizer in Hugging Face's {@code tokenizer.json} format
 * @param sha256 hash of what the weights were read from, in hexadecimal
 * @param labels the names of the classes in the order of the head's rows; empty when the model does
 *     not say
 * @param companions other small files that belong to the model, by name, handed on with what is
 *     made of it: {@code config.json}, {@code vocab.txt}, ...
 * @param notes what a user should know of how it was read, a sentence each
 */
@SuppressWarnings("ArrayRecordComponent") // a file's content, never compared
public record PretrainedModel(
    String reference,
    TransformerWeights weights,
    byte[] tokenizerJson,
    String sha256,
    List<String> labels,
    SortedMap<String, byte[]> companions,
    List<String> notes) {
  /** Copies lists and map. */
  public PretrainedModel {
    labels = List.copyOf(labels);
    companions = Collections.unmodifiableSortedMap(new TreeMap<>(companions));
    notes = List.copyOf(notes);
  }

  /** A model that comes without other files. */
  public PretrainedModel(
      String reference,
      TransformerWeights weights,
      byte[] tokenizerJson,
      String sha256,
      List<String> labels) {
    this(reference, weights, tokenizerJson, sha256, labels, new TreeMap<>(), List.of());
  }

  /** A model that names no classes. */
  public PretrainedModel(
      String reference, TransformerWeights weights, byte[] tokenizerJson, String sha256) {
    this(reference, weights, tokenizerJson, sha256, List.of());
  }

  /**
   * SHA-256 of each file beside the weights that says what the model is, in hexadecimal and by
   * name: the tokenizer and the {@link #companions}.
   */
  public SortedMap<String, String> fileHashes() {
    SortedMap<String, String> hashes = new TreeMap<>();
    companions.forEach((name, content) -> hashes.put(name, Sha256.of(content)));
    hashes.put("tokenizer.json", Sha256.of(tokenizerJson));
    return hashes;
  }

  /** The same model under another name. */
  public PretrainedModel named(String other) {
    return new PretrainedModel(other, weights, tokenizerJson, sha256, labels, companions, notes);
  }

  /** The same model with other weights. */
  public PretrainedModel with(TransformerWeights others) {
    return new PretrainedModel(reference, others, tokenizerJson, sha256, labels, companions, notes);
  }
}
