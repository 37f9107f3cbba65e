package dev.espalier.tuner.port;

/**
 * What fine-tuning starts from.
 *
 * @param reference how the configuration names it
 * @param weights encoder and pooler; the classification head is added by the trainer
 * @param tokenizerJson the tokenizer in Hugging Face's {@code tokenizer.json} format
 * @param sha256 hash of the file that the weights were read from, in hexadecimal
 */
@SuppressWarnings("ArrayRecordComponent") // a file's content, never compared
public record PretrainedModel(
    String reference, TransformerWeights weights, byte[] tokenizerJson, String sha256) {}
