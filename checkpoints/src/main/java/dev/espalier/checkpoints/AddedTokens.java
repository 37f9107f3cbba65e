package dev.espalier.checkpoints;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The tokens that are found in a text before it is cut into pieces: the special ones, and those
 * that were added to a vocabulary. They are written in {@code added_tokens_decoder} of {@code
 * tokenizer_config.json}, or, by older versions of the Python library, in {@code added_tokens.json}
 * and {@code special_tokens_map.json}, which count where the former is missing.
 */
final class AddedTokens {
  private static final String SETTINGS = "tokenizer_config.json";
  private static final String DECODER = "added_tokens_decoder";
  private static final String LEGACY = "added_tokens.json";
  private static final String SPECIAL = "special_tokens_map.json";
  private static final String ADDITIONAL = "additional_special_tokens";

  private final JsonNode settings;
  private final JsonNode names;

  /** What is written of them, by content. */
  private final Map<String, Token> written = new LinkedHashMap<>();

  /** Special ones that need not be in any vocabulary yet. */
  private final Set<String> additional = new LinkedHashSet<>();

  /**
   * A token as a text has it.
   *
   * @param takesBlanks whether blanks before it belong to it
   */
  private record Token(
      int id,
      String content,
      boolean singleWord,
      boolean takesBlanks,
      boolean takesBlanksAfter,
      boolean normalized,
      boolean special) {
    static Token special(int id, String content, boolean takesBlanks) {
      return new Token(id, content, false, takesBlanks, false, false, true);
    }

    ObjectNode toJson() {
      ObjectNode token = JsonNodeFactory.instance.objectNode();
      token.put("id", id).put("content", content).put("single_word", singleWord);
      token.put("lstrip", takesBlanks).put("rstrip", takesBlanksAfter);
      return token.put("normalized", normalized).put("special", special);
    }
  }

  /**
   * All tokens with an id each.
   *
   * @param tokens the array {@code added_tokens} of {@code tokenizer.json}
   * @param ids id by content, with the vocabulary's
   */
  record Joined(ArrayNode tokens, Map<String, Integer> ids) {}

  private AddedTokens(JsonNode settings, JsonNode names) {
    this.settings = settings;
    this.names = names;
  }

  /**
   * Reads what lies beside a vocabulary.
   *
   * @throws dev.espalier.api.problem.ProblemException of kind INPUT when a file is broken
   */
  static AddedTokens in(Path folder, JsonNode settings) {
    JsonNode decoder = settings.path(DECODER);
    boolean current = decoder.isObject() && !decoder.isEmpty();
    JsonNode names = current ? settings : TokenizerFiles.optional(folder.resolve(SPECIAL));
    AddedTokens added = new AddedTokens(settings, names);
    for (JsonNode source : List.of(settings, names)) {
      for (String key : List.of(ADDITIONAL, "extra_special_tokens")) {
        source.path(key).forEach(token -> added.additional.add(content(token)));
      }
    }
    added.additional.remove("");
    if (current) {
      for (Map.Entry<String, JsonNode> entry : decoder.properties()) {
        added.addCurrent(folder.resolve(SETTINGS), entry.getKey(), entry.getValue());
      }
    } else {
      Path file = folder.resolve(LEGACY);
      for (Map.Entry<String, JsonNode> entry : TokenizerFiles.optional(file).properties()) {
        added.addLegacy(file, entry.getKey(), entry.getValue());
      }
    }
    return added;
  }

  /** What the special token of a kind is: {@code cls_token}, for instance. */
  String named(String key, String fallback) {
    return Stream.of(names, settings)
        .map(source -> content(source.path(key)))
        .filter(name -> !name.isEmpty())
        .findFirst()
        .orElse(fallback);
  }

  /**
   * Those that a {@code tokenizer.json}, which is used as it is, does not know.
   *
   * @param tokenizer its content
   */
  List<String> missingIn(JsonNode tokenizer) {
    Set<String> known = new LinkedHashSet<>();
    tokenizer.path("added_tokens").forEach(token -> known.add(content(token)));
    JsonNode vocabulary = tokenizer.path("model").path("vocab");
    vocabulary.fieldNames().forEachRemaining(known::add);
    vocabulary.forEach(entry -> known.add(entry.path(0).asText(""))); // pairs, with a score each
    return written.keySet().stream().filter(token -> !known.contains(token)).toList();
  }

  /** Whether nothing was added to the vocabulary. */
  boolean isEmpty() {
    return written.isEmpty();
  }

  /**
   * Brings them together with a vocabulary. The library gives a token that the vocabulary lacks the
   * next free id, whatever its own says; where that is another one, the token is put into the
   * vocabulary.
   *
   * @param vocabulary may get tokens on top
   * @param required special tokens that must be known
   * @param mask a special token that is left out when it isn't known
   * @param maskTakesBlanks whether blanks before it belong to it
   * @param file what a required token is missing in
   */
  Joined join(
      Map<String, Integer> vocabulary,
      List<String> required,
      String mask,
      boolean maskTakesBlanks,
      Path file) {
    Map<String, Integer> ids = new LinkedHashMap<>(vocabulary);
    written.values().forEach(token -> ids.put(token.content(), token.id()));
    Map<String, Token> tokens = new LinkedHashMap<>();
    for (String name : required) {
      tokens.put(name, of(name, TokenizerFiles.id(ids, name, file), false));
    }
    @Nullable Integer maskId = ids.get(mask);
    if (maskId != null) {
      tokens.put(mask, of(mask, maskId, maskTakesBlanks));
    }
    written.values().stream()
        .sorted(Comparator.comparingInt(Token::id))
        .forEach(token -> tokens.putIfAbsent(token.content(), token));
    for (String name : additional) {
      int next = 1 + ids.values().stream().mapToInt(Integer::intValue).max().orElse(-1);
      int id = ids.computeIfAbsent(name, unknown -> next);
      tokens.putIfAbsent(name, Token.special(id, name, false));
    }
    if (!vocabulary.keySet().containsAll(required) || differ(vocabulary, tokens.values())) {
      tokens.values().forEach(token -> vocabulary.put(token.content(), token.id()));
    }
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    tokens.values().forEach(token -> array.add(token.toJson()));
    return new Joined(array, ids);
  }

  private Token of(String name, int id, boolean takesBlanks) {
    Token token = written.get(name);
    return token == null ? Token.special(id, name, takesBlanks) : token;
  }

  /** Whether the library would give a token another id than its own. */
  private static boolean differ(Map<String, Integer> vocabulary, Collection<Token> tokens) {
    int next = vocabulary.size();
    for (Token token : tokens) {
      @Nullable Integer known = vocabulary.get(token.content());
      if (token.id() != (known == null ? next++ : known)) {
        return true;
      }
    }
    return false;
  }

  private void addCurrent(Path file, String id, JsonNode token) {
    String content = content(token);
    if (!id.matches("\\d{1,9}") || content.isEmpty()) {
      throw BrokenFile.file(
          file, DECODER + ": " + id + " is no id of a token: " + token, null, null);
    }
    written.put(
        content,
        new Token(
            Integer.parseInt(id),
            content,
            token.path("single_word").asBoolean(false),
            token.path("lstrip").asBoolean(false),
            token.path("rstrip").asBoolean(false),
            token.path("normalized").asBoolean(false),
            token.path("special").asBoolean(false)));
  }

  private void addLegacy(Path file, String content, JsonNode id) {
    if (!id.canConvertToInt() || !id.isIntegralNumber() || id.intValue() < 0) {
      throw BrokenFile.file(file, "\"" + content + "\" has no id: " + id, null, null);
    }
    boolean special =
        additional.contains(content)
            || Stream.of("pad", "unk", "cls", "sep", "mask")
                .anyMatch(kind -> named(kind + "_token", "").equals(content));
    // As the library does: a special token is looked for in the text as it is, another one in the
    // text as it is lowercased.
    written.put(content, new Token(id.intValue(), content, false, false, false, !special, special));
  }

  /** A token is written as a text, or as an object that has it as its content. */
  private static String content(JsonNode token) {
    return token.isObject() ? token.path("content").asText("") : token.asText("");
  }
}
