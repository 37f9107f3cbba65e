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
import org.jspecify.annotations.Nullable;

/**
 * Makes a {@code tokenizer.json} of the files that tokenizers had before it: {@code vocab.txt} of
 * BERT, DistilBERT and ELECTRA (WordPiece), {@code vocab.json} with {@code merges.txt} of RoBERTa
 * (byte-level BPE). {@code tokenizer_config.json} says the rest; defaults are the Python library's.
 */
final class TokenizerFiles {
  private static final String VOCABULARY = "vocab.txt";
  private static final String BPE_VOCABULARY = "vocab.json";
  private static final String MERGES = "merges.txt";
  private static final String SETTINGS = "tokenizer_config.json";
  private static final int LONGEST_WORD = 100;

  private final Path folder;
  private final JsonNode settings;

  private TokenizerFiles(Path folder) {
    this.folder = folder;
    Path file = folder.resolve(SETTINGS);
    this.settings =
        Files.isRegularFile(file) ? Checkpoints.json(file) : JsonNodeFactory.instance.objectNode();
  }

  /**
   * The tokenizer's JSON, in UTF-8.
   *
   * @throws dev.espalier.api.problem.ProblemException of kind INPUT when there are no such files,
   *     or a special token is not in the vocabulary
   */
  static byte[] read(Path folder) {
    TokenizerFiles files = new TokenizerFiles(folder);
    if (Files.isRegularFile(folder.resolve(VOCABULARY))) {
      return files.wordPiece().toString().getBytes(StandardCharsets.UTF_8);
    }
    if (Files.isRegularFile(folder.resolve(BPE_VOCABULARY))
        && Files.isRegularFile(folder.resolve(MERGES))) {
      return files.bytePairs().toString().getBytes(StandardCharsets.UTF_8);
    }
    throw Broken.missing(
        folder,
        "has no tokenizer.json, nor " + VOCABULARY + ", nor " + BPE_VOCABULARY + " with " + MERGES,
        Files.isRegularFile(folder.resolve("sentencepiece.bpe.model"))
            ? "Save its tokenizer with the Python library's AutoTokenizer, which writes"
                + " tokenizer.json."
            : "Maybe the tokenizer was not downloaded.");
  }

  private ObjectNode wordPiece() {
    Path file = folder.resolve(VOCABULARY);
    Map<String, Integer> vocabulary = new LinkedHashMap<>();
    List<String> lines = lines(file);
    for (int i = 0; i < lines.size(); i++) {
      vocabulary.put(lines.get(i), i);
    }
    String unknown = token("unk_token", "[UNK]");
    String separator = token("sep_token", "[SEP]");
    String first = token("cls_token", "[CLS]");
    ObjectNode root = root();
    ArrayNode added = root.putArray("added_tokens");
    for (String special : List.of(token("pad_token", "[PAD]"), unknown, first, separator)) {
      added.add(special(special, id(vocabulary, special, file), false));
    }
    String mask = token("mask_token", "[MASK]");
    if (vocabulary.containsKey(mask)) {
      added.add(special(mask, id(vocabulary, mask, file), false));
    }
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
      described.putArray("ids").add(id(vocabulary, special, file));
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
      throw Broken.file(file, "is no JSON object", null, null);
    }
    Map<String, Integer> vocabulary = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : ids.properties()) {
      if (!entry.getValue().canConvertToInt()) {
        throw Broken.file(file, entry.getKey() + " has no id: " + entry.getValue(), null, null);
      }
      vocabulary.put(entry.getKey(), entry.getValue().intValue());
    }
    String first = token("cls_token", "<s>");
    String separator = token("sep_token", "</s>");
    boolean blankFirst = flag("add_prefix_space", false);
    ObjectNode root = root();
    ArrayNode added = root.putArray("added_tokens");
    for (String special :
        List.of(first, token("pad_token", "<pad>"), separator, token("unk_token", "<unk>"))) {
      added.add(special(special, id(vocabulary, special, file), false));
    }
    String mask = token("mask_token", "<mask>");
    if (vocabulary.containsKey(mask)) {
      added.add(special(mask, id(vocabulary, mask, file), true));
    }
    root.putNull("normalizer");
    byteLevel(root.putObject("pre_tokenizer"), blankFirst);
    ObjectNode processor = root.putObject("post_processor").put("type", "RobertaProcessing");
    processor.putArray("sep").add(separator).add(id(vocabulary, separator, file));
    processor.putArray("cls").add(first).add(id(vocabulary, first, file));
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

  private static ObjectNode special(String content, int id, boolean takesBlanks) {
    ObjectNode token = JsonNodeFactory.instance.objectNode();
    token.put("id", id).put("content", content).put("single_word", false);
    token.put("lstrip", takesBlanks).put("rstrip", false);
    return token.put("normalized", false).put("special", true);
  }

  private static void addSpecial(ArrayNode template, String token, int type) {
    template.addObject().putObject("SpecialToken").put("id", token).put("type_id", type);
  }

  private static void addSequence(ArrayNode template, String which, int type) {
    template.addObject().putObject("Sequence").put("id", which).put("type_id", type);
  }

  private static int id(Map<String, Integer> vocabulary, String token, Path file) {
    @Nullable Integer id = vocabulary.get(token);
    if (id == null) {
      throw Broken.file(
          file,
          "has no token " + token,
          "Maybe " + SETTINGS + " is missing, or says another name for it.",
          null);
    }
    return id;
  }

  /** A special token: a text, or an object that has it as its content. */
  private String token(String key, String fallback) {
    JsonNode value = settings.path(key);
    return value.isObject() ? value.path("content").asText(fallback) : value.asText(fallback);
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
      throw Broken.file(file, "is no UTF-8", null, e);
    }
  }
}
