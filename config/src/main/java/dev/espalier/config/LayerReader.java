package dev.espalier.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.api.problem.Suggestions;
import dev.espalier.config.Schema.Field;
import dev.espalier.config.Schema.Free;
import dev.espalier.config.Schema.Items;
import dev.espalier.config.Schema.Leaf;
import dev.espalier.config.Schema.Section;
import dev.espalier.core.model.PretrainedModels;
import dev.espalier.core.text.Formats;
import java.math.BigDecimal;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/** Checks one source's tree against the format and takes its values out. */
final class LayerReader {
  /** How a source tells where its keys and values stand. */
  interface Places {
    Location value(String path);

    Location key(String path);

    /** How the single value at {@code path} is written, where its tree does not say. */
    Optional<String> written(String path);
  }

  private static final String MERGE = "<<";
  private static final int NAMED_IN_ADVICE = 12;
  private static final int MOST_ENTRIES = 500;
  private static final int MOST_SUGGESTIONS = 200;

  /** Names that need no quotes anywhere, neither in paths nor in YAML. */
  private static final String FREE_NAME = "[A-Za-z_][A-Za-z0-9_-]{0,99}";

  /** What may stand behind a number that counts steps or epochs, or is a share. */
  private static final Pattern AMOUNT_UNIT = Pattern.compile("( steps?| epochs?| ?%)$");

  private final Source source;
  private final Places places;
  private final UnaryOperator<Path> toAbsolute;
  private final Layer layer;
  private final List<Problem> problems;

  /**
   * @param source what is read
   * @param places where things stand in it
   * @param toAbsolute makes a path of the file's folder absolute
   * @param layer receives the values
   * @param problems receives what is wrong
   */
  LayerReader(
      Source source,
      Places places,
      UnaryOperator<Path> toAbsolute,
      Layer layer,
      List<Problem> problems) {
    this.source = source;
    this.places = places;
    this.toAbsolute = toAbsolute;
    this.layer = layer;
    this.problems = problems;
  }

  /** Reads the whole tree. */
  void read(Section root, JsonNode tree) {
    section(root, "", tree);
  }

  private void section(Section section, String path, JsonNode node) {
    if (node.isNull() && !path.isEmpty()) {
      layer.replace(path);
      return;
    }
    if (!node.isObject()) {
      wrong(
          ProblemCode.WRONG_TYPE,
          path,
          "must hold the keys " + String.join(", ", section.names()),
          node,
          "Maybe they belong below it, each on a line of its own and indented.");
      return;
    }
    layer.mentioned().add(path);
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      String child = Paths.child(path, entry.getKey());
      section
          .field(entry.getKey())
          .ifPresentOrElse(
              field -> field(field, child, entry.getValue()),
              () -> unknown(section.names(), child, entry.getKey()));
    }
  }

  private void field(Field field, String path, JsonNode node) {
    if (node.isContainerNode() && node.isEmpty() && isEmptyWithoutIt(field)) {
      layer.hollow().put(path, new ResolvedValue(path, node, source, places.value(path)));
    }
    if (field.shape() instanceof Section section) {
      section(section, path, node);
    } else if (field.shape() instanceof Items items) {
      items(items, path, node);
    } else if (field.shape() instanceof Free free) {
      free(field, free, path, node);
    } else {
      leaf((Leaf) field.shape(), field, path, node);
    }
  }

  /** Whether an empty map or list says the same as none at all. */
  private static boolean isEmptyWithoutIt(Field field) {
    Key key = field.key();
    return !key.required()
        && !key.optionalSection()
        && (key.fallback().isEmpty() || key.fallback().equals("[]"));
  }

  private void items(Items items, String path, JsonNode node) {
    if (node.size() > MOST_ENTRIES) {
      tooMany(path, node);
    } else if (node.isArray()) {
      layer.replace(path);
      for (int i = 0; i < node.size(); i++) {
        section(items.each(), Paths.item(path, i), node.get(i));
      }
    } else if (node.isObject() && isIndexed(node)) {
      node.properties()
          .forEach(entry -> section(items.each(), path + entry.getKey(), entry.getValue()));
    } else {
      wrong(
          ProblemCode.WRONG_TYPE,
          path,
          "must be a list, one entry each with " + items.each().names(),
          node,
          "Maybe a dash is missing: - " + items.each().names().get(0) + ": ...");
    }
  }

  /** Whether the map came from a path with indices, {@code list[0].key}. */
  private static boolean isIndexed(JsonNode node) {
    return !node.isEmpty() && node.properties().stream().allMatch(e -> Paths.isIndex(e.getKey()));
  }

  private void free(Field field, Free free, String path, JsonNode node) {
    if (node.isNull()) {
      return;
    }
    if (!node.isObject()) {
      wrong(
          ProblemCode.WRONG_TYPE,
          path,
          "must be a map from name to value",
          node,
          "Maybe {name: 1} is meant.");
      return;
    }
    if (node.size() > MOST_ENTRIES) {
      tooMany(path, node);
      return;
    }
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      String child = Paths.child(path, entry.getKey());
      List<String> names = List.of(field.key().names());
      if (!names.isEmpty() && !names.contains(entry.getKey())) {
        unknown(names, child, entry.getKey());
      } else if (entry.getKey().matches(FREE_NAME)) {
        leaf(free.each(), field, child, entry.getValue());
      } else {
        problems.add(
            Problem.of(
                    ProblemCode.BAD_FORMAT,
                    path,
                    "a name must match " + FREE_NAME + ", found " + Formats.quoted(entry.getKey()),
                    "Maybe one of its characters is not allowed.")
                .at(places.key(child)));
      }
    }
  }

  private void tooMany(String path, JsonNode node) {
    report(
        ProblemCode.TOO_LARGE,
        path,
        "must have at most " + MOST_ENTRIES + " entries, found " + node.size(),
        "Maybe this is not a configuration.");
  }

  private void leaf(Leaf leaf, Field field, String path, JsonNode node) {
    if (node.isNull()) {
      put(path, node);
      return;
    }
    boolean number = leaf.isNumeric() || leaf == Leaf.AMOUNT;
    if (number && (leaf != Leaf.VALUE || isNumber(node)) && isOddNumber(path, node)) {
      return;
    }
    switch (leaf) {
      case TEXT -> text(field, path, node);
      case TEXTS -> texts(field, path, node);
      case PATH -> path(field.key(), path, node);
      case WHOLE, DECIMAL -> number(leaf, field.key(), path, node);
      case FLAG -> flag(path, node);
      case AMOUNT -> amount(path, node);
      case STRETCH -> stretch(field.key(), path, node);
      case VALUE -> value(field, path, node);
      case VALUES -> values(path, node);
    }
  }

  /** Whether a value that may be a text, too, is taken for a number. */
  private static boolean isNumber(JsonNode node) {
    return Numbers.read(node, false).isPresent();
  }

  /** Reports a number that is written in a way that readers take for different numbers. */
  private boolean isOddNumber(String path, JsonNode node) {
    if (!node.isNumber() && !node.isTextual()) {
      return false;
    }
    String written = written(path, node);
    Optional<String> plainly = Numbers.plainly(AMOUNT_UNIT.matcher(written).replaceFirst(""));
    plainly.ifPresent(
        advice ->
            report(
                ProblemCode.BAD_FORMAT,
                path,
                "must be written as a plain decimal number, found " + written,
                advice));
    return plainly.isPresent();
  }

  private void text(Field field, String path, JsonNode node) {
    Key key = field.key();
    if (!node.isTextual() || node.textValue().isBlank()) {
      wrong(ProblemCode.WRONG_TYPE, path, "must be a text", node, asText(path, node));
      return;
    }
    String text = node.textValue();
    if (List.of(key.unsupported()).contains(text)) {
      report(
          ProblemCode.UNSUPPORTED,
          path,
          text + " is not supported yet",
          "Use " + String.join(" or ", field.words()) + ".");
      return;
    }
    if (!isAllowed(field.words(), path, node)) {
      return;
    }
    if (!key.pattern().isEmpty() && !text.matches(key.pattern())) {
      wrong(
          ProblemCode.BAD_FORMAT,
          path,
          "must match " + key.pattern(),
          node,
          "Maybe one of its characters is not allowed.");
      return;
    }
    boolean file = key.base() == Key.Base.FILE && !PretrainedModels.isElsewhere(text);
    if (file || (key.base() == Key.Base.FILE_FOLDER && PretrainedModels.isFolder(text))) {
      path(key, path, node);
      return;
    }
    put(path, node);
  }

  /** Whether a text is one of {@code words}, if there are any; reports it when it is not. */
  private boolean isAllowed(List<String> words, String path, JsonNode text) {
    if (words.isEmpty() || words.contains(text.textValue())) {
      return true;
    }
    wrong(
        ProblemCode.NOT_ALLOWED,
        path,
        (words.size() == 1 ? "must be " : "must be one of ") + join(words),
        text,
        words.size() == 1
            ? "Maybe \"" + words.get(0) + "\" is meant."
            : Suggestions.advice(text.textValue(), words));
    return false;
  }

  private void texts(Field field, String path, JsonNode node) {
    ArrayNode texts = JsonNodeFactory.instance.arrayNode();
    if (node.isTextual()) {
      for (String part : node.textValue().split(",", -1)) {
        texts.add(part.strip());
      }
    } else if (node.isArray()) {
      node.forEach(texts::add);
    } else {
      wrong(
          ProblemCode.WRONG_TYPE,
          path,
          "must be a list of texts",
          node,
          "Maybe [one, two] is meant.");
      return;
    }
    for (int i = 0; i < texts.size(); i++) {
      if (!texts.get(i).isTextual() || texts.get(i).textValue().isBlank()) {
        wrong(
            ProblemCode.WRONG_TYPE,
            Paths.item(path, i),
            "must be a text",
            texts.get(i),
            asText(Paths.item(path, i), texts.get(i)));
        return;
      }
    }
    boolean allowed = true;
    for (JsonNode text : texts) {
      allowed &= isAllowed(field.words(), path, text);
    }
    if (allowed) {
      put(path, texts);
    }
  }

  private void path(Key key, String path, JsonNode node) {
    if (!node.isTextual() || node.textValue().isBlank()) {
      wrong(ProblemCode.WRONG_TYPE, path, "must be a path", node, asText(path, node));
      return;
    }
    try {
      Path written = Path.of(node.textValue());
      Path absolute =
          key.base() == Key.Base.WORKING_DIRECTORY
              ? written.toAbsolutePath()
              : toAbsolute.apply(written);
      put(path, JsonNodeFactory.instance.textNode(absolute.normalize().toString()));
    } catch (InvalidPathException e) {
      wrong(
          ProblemCode.BAD_FORMAT,
          path,
          "must be a path",
          node,
          "Maybe one of its characters is not allowed.");
    }
  }

  private void number(Leaf leaf, Key key, String path, JsonNode node) {
    boolean whole = leaf == Leaf.WHOLE;
    Numbers.read(node, whole)
        .filter(value -> Numbers.isWithin(value, key))
        .ifPresentOrElse(
            value ->
                put(
                    path,
                    whole
                        ? JsonNodeFactory.instance.numberNode(value.longValue())
                        : JsonNodeFactory.instance.numberNode(value.doubleValue())),
            () ->
                wrong(
                    Numbers.code(node, key, whole),
                    path,
                    "must be " + Numbers.range(key, whole),
                    node,
                    Numbers.advice(node, key)));
  }

  private void flag(String path, JsonNode node) {
    if (node.isBoolean()) {
      put(path, node);
    } else {
      wrong(ProblemCode.WRONG_TYPE, path, "must be true or false", node, "Maybe true is meant.");
    }
  }

  private void amount(String path, JsonNode node) {
    Optional<Amount> amount =
        node.isIntegralNumber() || node.isTextual() ? parsed(node) : Optional.empty();
    amount.ifPresentOrElse(
        read -> put(path, JsonNodeFactory.instance.textNode(read.toString())),
        () ->
            wrong(
                Numbers.read(node, false).isPresent()
                    ? ProblemCode.OUT_OF_RANGE
                    : notAnAmount(node),
                path,
                "must be " + Amount.FORMS,
                node,
                "Maybe \"10%\" is meant, or 100 for steps."));
  }

  private void stretch(Key key, String path, JsonNode node) {
    if (Numbers.read(node, false).isPresent()) {
      number(Leaf.DECIMAL, key, path, node);
      return;
    }
    Optional<Amount> amount = node.isTextual() ? parsed(node) : Optional.empty();
    amount.ifPresentOrElse(
        read -> {
          String unit = read instanceof Amount.Steps ? " steps" : "";
          put(path, JsonNodeFactory.instance.textNode(read + unit));
        },
        () ->
            wrong(
                notAnAmount(node),
                path,
                "must be "
                    + Numbers.range(key, false)
                    + ", which counts warm-ups, or a stretch such as \"500 steps\", \"2 epochs\" or"
                    + " \"10%\"",
                node,
                "Leave it out, and it is " + key.fallback() + "."));
  }

  private static Optional<Amount> parsed(JsonNode node) {
    try {
      return Optional.of(Amount.parse(node.asText()));
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // the caller says what is allowed
    }
  }

  private static ProblemCode notAnAmount(JsonNode node) {
    if (!node.isTextual()) {
      return ProblemCode.WRONG_TYPE;
    }
    return node.textValue().matches("[0-9.]{1,20} ?%")
        ? ProblemCode.OUT_OF_RANGE
        : ProblemCode.BAD_FORMAT;
  }

  private void value(Field field, String path, JsonNode node) {
    Optional<BigDecimal> number = Numbers.read(node, false);
    if (number.isPresent() && Double.isInfinite(number.get().doubleValue())) {
      wrong(
          ProblemCode.OUT_OF_RANGE,
          path,
          "must be a number that a double can hold",
          node,
          "Maybe a digit or an exponent is wrong.");
    } else if (number.isPresent() && Numbers.isWithin(number.get(), field.key())) {
      put(path, JsonNodeFactory.instance.numberNode(number.get().doubleValue()));
    } else if (field.words().contains(node.asText())) {
      put(path, node);
    } else if (!field.words().isEmpty()) {
      wrong(
          number.isPresent() ? ProblemCode.OUT_OF_RANGE : ProblemCode.NOT_ALLOWED,
          path,
          "must be " + Numbers.range(field.key(), false) + ", or " + join(field.words()),
          node,
          Numbers.advice(node, field.key()));
    } else if (node.isTextual() && !node.textValue().isBlank()) {
      put(path, node);
    } else {
      wrong(ProblemCode.WRONG_TYPE, path, "must be a number or a text", node, "Maybe 1 is meant.");
    }
  }

  private void values(String path, JsonNode node) {
    if (!node.isArray() || node.size() > MOST_ENTRIES) {
      wrong(
          ProblemCode.WRONG_TYPE,
          path,
          "must be a list of at most " + MOST_ENTRIES + " numbers or texts",
          node,
          "Maybe [0.5, 0.7, 0.9] is meant.");
      return;
    }
    for (int i = 0; i < node.size(); i++) {
      JsonNode each = node.get(i);
      if (each.isNumber() && isOddNumber(Paths.item(path, i), each)) {
        return;
      }
      boolean text = each.isTextual() && !each.textValue().isBlank();
      boolean finite = each.isNumber() && Double.isFinite(each.doubleValue());
      if (!text && !finite && !each.isBoolean()) {
        wrong(
            ProblemCode.WRONG_TYPE,
            path,
            "each entry must be a number, a text, true or false",
            each,
            "Maybe [0.5, 0.7, 0.9] is meant.");
        return;
      }
    }
    put(path, node);
  }

  private void put(String path, JsonNode value) {
    layer.values().put(path, new ResolvedValue(path, value, source, places.value(path)));
  }

  /** What to do about a value that should be a text. */
  private String asText(String path, JsonNode found) {
    if (!found.isNumber() && !found.isBoolean()) {
      return "Write one word, in quotes.";
    }
    // YAML takes no for false and 1.10 for 1.1: what is meant is what is written.
    String written = written(path, found);
    return "Maybe \""
        + written
        + "\" is meant, in quotes"
        + (written.equals(found.asText())
            ? "."
            : ": without them YAML reads " + found.asText() + ".");
  }

  private String written(String path, JsonNode found) {
    return places.written(path).orElse(found.asText());
  }

  private void wrong(
      ProblemCode code, String path, String expected, JsonNode found, String advice) {
    report(code, path, expected + ", found " + describe(path, found), advice);
  }

  private void report(ProblemCode code, String path, String what, String advice) {
    problems.add(
        new Problem(
            ProblemKind.CONFIGURATION,
            code,
            places.value(path),
            path.isEmpty() ? null : path,
            what,
            advice));
  }

  private void unknown(List<String> names, String path, String name) {
    if (name.equals(MERGE)) {
      problems.add(
          Problem.of(
                  ProblemCode.UNSUPPORTED,
                  path,
                  "YAML merge keys are not supported",
                  "Write the keys out, or use an alias for the whole section, such as train: *mine.")
              .at(places.key(path)));
      return;
    }
    String all = join(names.subList(0, Math.min(names.size(), NAMED_IN_ADVICE)));
    Optional<String> closest =
        problems.size() < MOST_SUGGESTIONS ? Suggestions.closest(name, names) : Optional.empty();
    problems.add(
        Problem.of(
                ProblemCode.UNKNOWN_KEY,
                path.isEmpty() ? "\"\"" : path,
                "there is no such key",
                closest
                    .map(nearest -> "Maybe \"" + nearest + "\" is meant.")
                    .orElse(
                        names.size() == 1
                            ? "Maybe " + all + " is meant."
                            : "Maybe one of " + all + " is meant."))
            .at(places.key(path)));
  }

  private String describe(String path, JsonNode node) {
    if (node.isObject()) {
      return "a map";
    }
    if (node.isArray()) {
      return "a list";
    }
    if (node.isTextual()) {
      return "the text " + Formats.quoted(node.textValue());
    }
    if (node.isNull()) {
      return "nothing";
    }
    String text = written(path, node);
    return text.length() > 60 ? text.substring(0, 60) + "…" : text;
  }

  private static String join(List<String> names) {
    return String.join(", ", names);
  }
}
