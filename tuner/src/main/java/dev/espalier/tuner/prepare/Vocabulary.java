package dev.espalier.tuner.prepare;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.core.model.PretrainedModel;
import java.io.IOException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The tokens that a model's tokenizer may make of a text.
 *
 * @param ids token to id
 * @param added those that are found only where a text has them literally; any text may be cut into
 *     the others
 */
public record Vocabulary(Map<String, Integer> ids, Set<String> added) {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final int NAMED = 5;

  /** Of a model's tokenizer. */
  public static Vocabulary of(PretrainedModel model) {
    return of(model.reference(), model.tokenizerJson());
  }

  /**
   * Reads a {@code tokenizer.json}.
   *
   * @param model how the user calls the model that it belongs to
   */
  public static Vocabulary of(String model, byte[] tokenizerJson) {
    try {
      JsonNode root = JSON.readTree(tokenizerJson);
      Map<String, Integer> ids = new HashMap<>();
      JsonNode vocabulary = root.path("model").path("vocab");
      if (vocabulary.isArray()) { // Unigram: pairs of token and score; a token's place is its id
        for (int id = 0; id < vocabulary.size(); id++) {
          ids.put(vocabulary.path(id).path(0).asText(), id);
        }
      } else {
        vocabulary.properties().forEach(entry -> ids.put(entry.getKey(), entry.getValue().asInt()));
      }
      Set<String> added = new HashSet<>();
      for (JsonNode token : root.path("added_tokens")) {
        added.add(token.path("content").asText());
        ids.putIfAbsent(token.path("content").asText(), token.path("id").asInt());
      }
      return new Vocabulary(ids, added);
    } catch (IOException e) {
      throw ProblemException.of(
          ProblemKind.INPUT,
          model + ": its tokenizer.json cannot be read: " + e.getMessage(),
          null);
    }
  }

  /** Whether a text means the same ids to both, tokens aside that only one of them has added. */
  boolean agreesWith(Vocabulary other) {
    return isWithin(other) && other.isWithin(this);
  }

  private boolean isWithin(Vocabulary other) {
    return ids.entrySet().stream()
        .allMatch(
            token ->
                other.ids.containsKey(token.getKey())
                    ? token.getValue().equals(other.ids.get(token.getKey()))
                    : added.contains(token.getKey()));
  }

  /**
   * Why word embeddings do not do: a token that the data have, or one that any text may be cut
   * into, is beyond their last row. More rows than tokens are fine, and so are tokens without a row
   * that were added and do not occur.
   *
   * @param rows of the word embeddings
   * @param sets every example that the model will be shown
   * @return a sentence; empty when they do
   */
  Optional<String> beyond(int rows, List<EncodedSet> sets) {
    OptionalInt occurring =
        sets.stream()
            .flatMap(set -> set.examples().stream())
            .mapToInt(example -> max(example.inputIds()))
            .filter(id -> id >= rows)
            .min();
    OptionalInt first =
        occurring.isPresent()
            ? occurring
            : ids.entrySet().stream()
                .filter(token -> !added.contains(token.getKey()))
                .mapToInt(Map.Entry::getValue)
                .filter(id -> id >= rows)
                .min();
    return first.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "the token \""
                + token(first.getAsInt())
                + "\""
                + (occurring.isPresent() ? " of the data" : "")
                + " has the id "
                + first.getAsInt()
                + ", but the word embeddings have "
                + rows
                + " rows; the tokenizer has "
                + ids.size()
                + " tokens");
  }

  /** What a user should know of added tokens that have no row, in a sentence. */
  List<String> notes(String model, int rows) {
    List<String> without =
        added.stream()
            .filter(token -> ids.getOrDefault(token, 0) >= rows)
            .sorted(Comparator.comparing(ids::get))
            .toList();
    return without.isEmpty()
        ? List.of()
        : List.of(
            "The word embeddings of "
                + model
                + " have no row for "
                + without.size()
                + (without.size() == 1 ? " token" : " tokens")
                + " that its tokenizer knows: "
                + String.join(", ", without.subList(0, Math.min(NAMED, without.size())))
                + (without.size() > NAMED ? ", ..." : "")
                + ". No text of the data has them; one that has cannot be answered.");
  }

  private String token(int id) {
    return ids.entrySet().stream()
        .filter(token -> token.getValue() == id)
        .map(Map.Entry::getKey)
        .findFirst()
        .orElse("?");
  }

  private static int max(int[] values) {
    int max = 0;
    for (int value : values) {
      max = Math.max(max, value);
    }
    return max;
  }
}
