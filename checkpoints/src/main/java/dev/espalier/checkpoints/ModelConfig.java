package dev.espalier.checkpoints;

import com.fasterxml.jackson.databind.JsonNode;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.core.model.BertArchitecture;
import dev.espalier.core.model.Family;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads a {@code config.json}: defaults are the Python library's, problems come all at once. */
final class ModelConfig {
  private static final int LARGEST = 1 << 24;
  private static final int MOST_LAYERS = 1_000;
  private static final double DEFAULT_DROPOUT = 0.1;

  private final Path file;
  private final JsonNode root;
  private final List<Problem> problems = new ArrayList<>();

  private ModelConfig(Path file, JsonNode root) {
    this.file = file;
    this.root = root;
  }

  /**
   * The architecture that a configuration describes.
   *
   * @param root the file's content
   * @throws ProblemException of kind INPUT when keys are missing or wrong, or the model is none
   *     that can be trained
   */
  static BertArchitecture read(Path file, JsonNode root) {
    return new ModelConfig(file, root).architecture();
  }

  private BertArchitecture architecture() {
    Family family = family();
    Quantized.byConfig(file, root).ifPresent(problems::add);
    problems.addAll(DeclaredHead.problems(file, root));
    Family.ConfigKeys keys = family.keys();
    boolean distil = family.equals(Family.DISTILBERT);
    int hidden = whole(keys.hidden(), 1, distil ? 768 : null);
    int vocabulary = whole("vocab_size", 1, distil ? 30_522 : null);
    int layers = whole(keys.layers(), 1, MOST_LAYERS, distil ? 6 : null);
    int heads = whole(keys.heads(), 1, distil ? 12 : null);
    int intermediate = whole(keys.intermediate(), 1, distil ? 3_072 : null);
    int positions = whole("max_position_embeddings", 1, distil ? 512 : null);
    int types = family.tokenTypes() ? whole("type_vocab_size", 1, 2) : 0;
    int padding = whole("pad_token_id", 0, family.positionsAfterPadding() ? 1 : 0);
    int embedding = family.equals(Family.ELECTRA) ? whole("embedding_size", 1, hidden) : hidden;
    double epsilon = number("layer_norm_eps", 0, 1, 1e-12);
    double hiddenDropout = dropout(keys.hiddenDropout(), DEFAULT_DROPOUT);
    double attentionDropout = dropout(keys.attentionDropout(), DEFAULT_DROPOUT);
    double classifierDropout = dropout(keys.classifierDropout(), distil ? 0.2 : hiddenDropout);
    only(keys.activation(), "gelu", "gelu");
    only("position_embedding_type", "absolute", "absolute");
    refused("is_decoder", "a decoder: attention would see later tokens");
    refused("add_cross_attention", "attention to another model");
    if (heads > 0 && hidden % heads != 0) {
      problem(
          ProblemCode.CONTRADICTION,
          keys.hidden() + " " + hidden + " is not a multiple of " + keys.heads() + " " + heads);
    }
    if (vocabulary > 0 && padding >= vocabulary) {
      problem(
          ProblemCode.CONTRADICTION,
          "pad_token_id " + padding + " is no row of the vocab_size " + vocabulary + " embeddings");
    }
    int first = family.positionsAfterPadding() ? padding + 1 : 0;
    if (positions <= first) {
      problem(
          ProblemCode.CONTRADICTION,
          "max_position_embeddings " + positions + " leave none: the first position is " + first);
    }
    if (!problems.isEmpty()) {
      throw new ProblemException(problems);
    }
    return new BertArchitecture(
        vocabulary,
        hidden,
        layers,
        heads,
        intermediate,
        positions,
        types,
        epsilon,
        hiddenDropout,
        attentionDropout,
        family,
        embedding,
        first,
        classifierDropout);
  }

  private Family family() {
    if (!root.isObject()) {
      throw BrokenFile.file(file, "is no JSON object", null, null);
    }
    String type = root.path("model_type").asText("");
    return Family.named(type)
        .orElseThrow(
            () ->
                new ProblemException(
                    List.of(
                        new Problem(
                            ProblemKind.INPUT,
                            ProblemCode.UNSUPPORTED,
                            Location.ofFile(file.toString()),
                            type.isEmpty()
                                ? "model_type is missing"
                                : "model_type \"" + type + "\" cannot be trained",
                            "Choose a model of type "
                                + Family.all().stream()
                                    .map(Family::modelType)
                                    .collect(Collectors.joining(", "))
                                + "."))));
  }

  private int whole(String key, int least, @Nullable Integer fallback) {
    return whole(key, least, LARGEST, fallback);
  }

  private int whole(String key, int least, int most, @Nullable Integer fallback) {
    JsonNode value = root.path(key);
    if ((value.isMissingNode() || value.isNull()) && fallback != null) {
      return fallback;
    }
    if (value.isMissingNode()) {
      problem(ProblemCode.MISSING_KEY, key + " is missing");
      return 0;
    }
    if (!value.isIntegralNumber()
        || !value.canConvertToInt()
        || value.intValue() < least
        || value.intValue() > most) {
      problem(
          ProblemCode.OUT_OF_RANGE,
          key + " should be a whole number from " + least + " to " + most + ", found " + value);
      return 0;
    }
    return value.intValue();
  }

  private double number(String key, double least, double below, double fallback) {
    JsonNode value = root.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return fallback;
    }
    if (!value.isNumber() || !(value.doubleValue() >= least) || !(value.doubleValue() < below)) {
      problem(
          ProblemCode.OUT_OF_RANGE,
          key + " should be at least " + least + " and below " + below + ", found " + value);
      return fallback;
    }
    return value.doubleValue();
  }

  private double dropout(String key, double fallback) {
    return number(key, 0, 1, fallback);
  }

  private void only(String key, String allowed, String fallback) {
    String value = root.path(key).isNull() ? fallback : root.path(key).asText(fallback);
    if (!value.equals(allowed)) {
      problem(
          ProblemCode.UNSUPPORTED,
          key + " \"" + value + "\" cannot be trained; only \"" + allowed + "\" can");
    }
  }

  private void refused(String key, String what) {
    if (root.path(key).asBoolean(false)) {
      problem(ProblemCode.UNSUPPORTED, key + " is true: " + what + " cannot be trained");
    }
  }

  private void problem(ProblemCode code, String message) {
    problems.add(
        new Problem(ProblemKind.INPUT, code, Location.ofFile(file.toString()), message, null));
  }
}
