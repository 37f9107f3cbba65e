package dev.espalier.checkpoints;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes a {@code tokenizer.json} of the files that tokenizers had before it: {@code vocab.txt} of
 * BERT, DistilBERT and ELECTRA (WordPiece), {@code vocab.json} with {@code merges.txt} of RoBERTa
 * (byte-level BPE). {@code tokenizer_config.json} says the rest, {@link AddedTokens} which tokens
 * are not in the vocabulary; defaults are the Python library's. A vocabulary of a tokenizer that
 * cuts words otherwise is refused: it would give ids, and wrong ones.
 */
final class TokenizerFiles {
  private static final String VOCABULARY = "vocab.txt";
  private static final String BPE_VOCABULARY = "vocab.json";
  private static final String MERGES = "merges.txt";
  private static final String SETTINGS = "tokenizer_config.json";
  private static final int LONGEST_WORD = 100;
  private static final int NAMED = 5;

  /** Classes whose ids follow from {@code vocab.txt}, without {@code Fast} at their end. */
  private static final Set<String> WORD_PIECE =
      Set.of("BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer");

  /** Classes whose ids follow from {@code vocab.json} with {@code merges.txt}. */
  private static final Set<String> BYTE_PAIRS =
      Set.of("RobertaTokenizer", "BartTokenizer", "LongformerTokenizer");

  private final Path folder;
  private final JsonNode settings;
  private final AddedTokens added;

  private TokenizerFiles(Path folder) {
    this.folder = folder;
    this.settings = optional(folder.resolve(SETTINGS));
    this.added = AddedTokens.in(folder, settings);
  }

  /** The content of a JSON file that need not be there; an empty object when it isn't. */
  static JsonNode optional(Path file) {
    if (!Files.isRegularFile(file)) {
      return JsonNodeFactory.instance.objectNode();
    }
    JsonNode content = Checkpoints.json(file);
    if (!content.isObject()) {
      throw BrokenFile.file(file, "is no JSON object", null, null);
    }
    return content;
  }

  /**
   * What a user should know of a folder's {@code tokenizer.json}, in a sentence: tokens that other
   * files beside it have added, and that it does not know.
   */
  static List<String> notes(Path folder, Path tokenizer) {
    AddedTokens added = new TokenizerFiles(folder).added;
    List<String> missing =
        added.isEmpty() ? List.of() : added.missingIn(Checkpoints.json(tokenizer));
    return missing.isEmpty()
        ? List.of()
        : List.of(
            "tokenizer.json does not know "
                + missing.size()
                + (missing.size() == 1 ? " token" : " tokens")
                + " that the files beside it have added: "
                + String.join(", ", missing.subList(0, Math.min(NAMED, missing.size())))
                + (missing.size() > NAMED ? ", ..." : "")
                + ". A text that has one is cut into other tokens.");
  }

  /**
   * The tokenizer's JSON, in UTF-8.
   *
   * @throws dev.espalier.api.problem.ProblemException of kind INPUT when there are no such files,
   *     or a special token is not in the vocabulary
   */
  static byte[] read(Path folder) {
    TokenizerFiles files = new TokenizerFiles(folder);
    boolean wordPiece = Files.isRegularFile(folder.resolve(VOCABULARY));
    boolean bytePairs =
        Files.isRegularFile(folder.resolve(BPE_VOCABULARY))
            && Files.isRegularFile(folder.resolve(MERGES));
    if (wordPiece || bytePairs) {
      ObjectNode tokenizer = files.made(wordPiece, bytePairs);
      return tokenizer.toString().getBytes(StandardCharsets.UTF_8);
    }
    throw BrokenFile.missing(
        folder,
        "has no tokenizer.json, nor " + VOCABULARY + ", nor " + BPE_VOCABULARY + " with " + MERGES,
        Files.isRegularFile(folder.resolve("sentencepiece.bpe.model"))
            ? "Save its tokenizer with the Python library's AutoTokenizer, which writes"
                + " tokenizer.json."
            : "Maybe the tokenizer was not downloaded.");
  }

  /** Made of the files that belong to the class that the tokenizer is of. */
  private ObjectNode made(boolean wordPiece, boolean bytePairs) {
    @Nullable TokenizerClass known = tokenizerClass();
    if (known == null) {
      return wordPiece ? wordPiece() : bytePairs();
    }
    String name = known.name().replaceFirst("Fast$", "");
    if (wordPiece && WORD_PIECE.contains(name)) {
      return wordPiece();
    }
    if (bytePairs && BYTE_PAIRS.contains(name)) {
      return bytePairs();
    }
    throw BrokenFile.file(
        known.saidIn(),
        known.said()
            + ": the tokenizer "
            + known.name()
            + " cannot be made of "
            + (wordPiece ? VOCABULARY : BPE_VOCABULARY + " and " + MERGES),
        "Save it as tokenizer.json: with the Python library's AutoTokenizer and save_pretrained,"
            + " where that class has a fast version.",
        null);
  }

  /**
   * The class of the tokenizer.
   *
   * @param name as in Python
   * @param saidIn the file that says so
   * @param said how it says so
   */
  private record TokenizerClass(String name, Path saidIn, String said) {}

  /** What the tokenizer's settings say, or else the model's; null when neither does. */
  private @Nullable TokenizerClass tokenizerClass() {
    String key = "tokenizer_class";
    JsonNode config = optional(folder.resolve(Checkpoints.CONFIG));
    for (String file : List.of(SETTINGS, Checkpoints.CONFIG)) {
      JsonNode name = (file.equals(SETTINGS) ? settings : config).path(key);
      if (name.isTextual()) {
        return new TokenizerClass(
            name.textValue(), folder.resolve(file), key + " \"" + name.textValue() + "\"");
      }
    }
    String type = config.path("model_type").asText("");
    Path file = folder.resolve(Checkpoints.CONFIG);
    String said = "model_type \"" + type + "\"";
    return switch (type) {
      case "roberta" -> new TokenizerClass("RobertaTokenizer", file, said);
      case "xlm-roberta" -> new TokenizerClass("XLMRobertaTokenizer", file, said);
      case "camembert" -> new TokenizerClass("CamembertTokenizer", file, said);
      default -> null;
    };
  }

  private ObjectNode wordPiece() {
    Path file = folder.resolve(VOCABULARY);
    Map<String, Integer> vocabulary = new LinkedHashMap<>();
    List<String> lines = lines(file);
    for (int i = 0; i < lines.size(); i++) {
      vocabulary.put(lines.get(i), i);
    }
    String unknown = added.named("unk_token", "[UNK]");
    String separator = added.named("sep_token", "[SEP]");
    String first = added.named("cls_token", "[CLS]");
    String padding = added.named("pad_token", "[PAD]");
    String mask = added.named("mask_token", "[MASK]");
    ObjectNode root = root();
    AddedTokens.Joined joined =
        added.join(vocabulary, List.of(padding, unknown, first, separator), mask, false, file);
    root.set("added_tokens", joined.tokens());
    ObjectNode normalizer = root.putObject("normalizer").put("type", "BertNormalizer");
    normalizer.put("clean_text", true);
    normalizer.put("handle_chinese_chars", flag("tokenize_chinese_chars", true));
    JsonNode accents = settings.path("strip_accents");
    normalizer.set(
        "strip_accents", accents.isBoolean() ? accents : JsonNodeFactory.instance.nullNode());
    normalizer.put("lowercase", flag("do_lower_case", true));
    root.putObject("pre_tokenizer").put("type", "BertPreTokenizer");
    ObjectNode template = root.putObject("post_processor").put("type", "TemplateProcessing");
    ArrayNode single = template.putArray("single");
    addSpecial(single, first, 0);
    addSequence(single, "A", 0);
    addSpecial(single, separator, 0);
    ArrayNode pair = template.putArray("pair");
    addSpecial(pair, first, 0);
    addSequence(pair, "A", 0);
    addSpecial(pair, separator, 0);
    addSequence(pair, "B", 1);
    addSpecial(pair, separator, 1);
    ObjectNode specials = template.putObject("special_tokens");
    for (String special : List.of(first, separator)) {
      ObjectNode described = specials.putObject(special).put("id", special);
      described.putArray("ids").add(id(joined.ids(), special, file));
      described.putArray("tokens").add(special);
    }
    root.putObject("decoder").put("type", "WordPiece").put("prefix", "##").put("cleanup", true);
    ObjectNode model = root.putObject("model").put("type", "WordPiece");
    model.put("unk_token", unknown);
    model.put("continuing_subword_prefix", "##");
    model.put("max_input_chars_per_word", LONGEST_WORD);
    vocabulary.forEach(model.putObject("vocab")::put);
    return root;
  }

  private ObjectNode bytePairs() {
    Path file = folder.resolve(BPE_VOCABULARY);
    JsonNode ids = Checkpoints.json(file);
    if (!ids.isObject()) {
      throw BrokenFile.file(file, "is no JSON object", null, null);
    }
    Map<String, Integer> vocabulary = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : ids.properties()) {
      if (!entry.getValue().canConvertToInt()) {
        throw BrokenFile.file(file, entry.getKey() + " has no id: " + entry.getValue(), null, null);
      }
      vocabulary.put(entry.getKey(), entry.getValue().intValue());
    }
    String first = added.named("cls_token", "<s>");
    String separator = added.named("sep_token", "</s>");
    String padding = added.named("pad_token", "<pad>");
    String unknown = added.named("unk_token", "<unk>");
    String mask = added.named("mask_token", "<mask>");
    boolean blankFirst = flag("add_prefix_space", false);
    ObjectNode root = root();
    AddedTokens.Joined joined =
        added.join(vocabulary, List.of(first, padding, separator, unknown), mask, true, file);
    root.set("added_tokens", joined.tokens());
    root.putNull("normalizer");
    byteLevel(root.putObject("pre_tokenizer"), blankFirst);
    ObjectNode processor = root.putObject("post_processor").put("type", "RobertaProcessing");
    processor.putArray("sep").add(separator).add(id(joined.ids(), separator, file));
    processor.putArray("cls").add(first).add(id(joined.ids(), first, file));
    processor.put("trim_offsets", true).put("add_prefix_space", blankFirst);
    byteLevel(root.putObject("decoder"), true);
    ObjectNode model = root.putObject("model").put("type", "BPE");
    model.putNull("dropout").putNull("unk_token");
    model.put("continuing_subword_prefix", "").put("end_of_word_suffix", "");
    model.put("fuse_unk", false);
    vocabulary.forEach(model.putObject("vocab")::put);
    ArrayNode merges = model.putArray("merges");
    List<String> lines = lines(folder.resolve(MERGES));
    for (int i = 0; i < lines.size(); i++) {
      boolean comment = i == 0 && lines.get(i).startsWith("#version");
      if (!comment && !lines.get(i).isBlank()) {
        merges.add(lines.get(i));
      }
    }
    return root;
  }

  private static void byteLevel(ObjectNode node, boolean blankFirst) {
    node.put("type", "ByteLevel").put("add_prefix_space", blankFirst);
    node.put("trim_offsets", true).put("use_regex", true);
  }

  private static ObjectNode root() {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    return root.put("version", "1.0").putNull("truncation").putNull("padding");
  }

  private static void addSpecial(ArrayNode template, String token, int type) {
    template.addObject().putObject("SpecialToken").put("id", token).put("type_id", type);
  }

  private static void addSequence(ArrayNode template, String which, int type) {
    template.addObject().putObject("Sequence").put("id", which).put("type_id", type);
  }

  /** The id of a token that must be known. */
  static int id(Map<String, Integer> vocabulary, String token, Path file) {
    @Nullable Integer id = vocabulary.get(token);
    if (id == null) {
      throw BrokenFile.file(
          file,
          "has no token " + token,
          "Maybe " + SETTINGS + " is missing, or says another name for it.",
          null);
    }
    return id;
  }

  private boolean flag(String key, boolean fallback) {
    return settings.path(key).asBoolean(fallback);
  }

  private static List<String> lines(Path file) {
    try {
      String text =
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(Checkpoints.text(file)))
              .toString();
      // Not String.lines: a vocabulary may have a token that ends a line elsewhere.
      List<String> lines = new ArrayList<>(List.of(text.split("\r?\n", -1)));
      if (lines.get(lines.size() - 1).isEmpty()) {
        lines.remove(lines.size() - 1);
      }
      return lines;
    } catch (CharacterCodingException e) {
      throw BrokenFile.file(file, "is no UTF-8", null, e);
    }
  }
}
