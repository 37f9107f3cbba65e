package dev.espalier.tuner.directory;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.core.files.Sha256;
import java.nio.charset.StandardCharsets;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * {@code trials.jsonl}: one line for each finished stage, on the disk before the stage counts, with
 * the hashes of the files that it made.
 */
public final class Journal {
  /** The journal's name in the run directory. */
  public static final String FILE = "trials.jsonl";

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private static final String SHA256 = "sha256";

  private final RunDirectory directory;

  /**
   * Whether the lines have hashes: all of them, or, in a journal that was begun before there were
   * any, none. So a line that lost its hashes cannot pass for an old one.
   */
  private boolean hashed = true;

  /** The journal of a run directory; nothing is read yet. */
  public Journal(RunDirectory directory) {
    this.directory = directory;
  }

  /**
   * A finished stage.
   *
   * @param trial 0 for the dense baseline
   * @param stage the stage's name
   * @param seconds wall time
   * @param hashed whether the line has hashes; none has in a journal from before there were any
   * @param sha256 the hash of each file that it made, by its path in the run directory
   * @param verdict what the run's last stage says of it in a sentence, else null
   */
  public record Line(
      int trial,
      String stage,
      double seconds,
      boolean hashed,
      Map<String, String> sha256,
      @Nullable String verdict) {
    /** Copies the map. */
    public Line {
      sha256 = Map.copyOf(sha256);
    }
  }

  /**
   * The finished stages.
   *
   * @param lines in order
   * @param bytes length of the part of the file that they take
   * @param cutShort whether half a line follows
   */
  private record Content(List<Line> lines, int bytes, boolean cutShort) {}

  /**
   * Records a finished stage.
   *
   * @param trial 0 for the dense baseline
   * @param stage the stage's name
   * @param started when it began
   * @param seconds wall time
   * @param outputs what it made, relative to the run directory
   * @param results what it found out
   * @return the line
   */
  Line finished(
      int trial,
      String stage,
      ZonedDateTime started,
      double seconds,
      List<String> outputs,
      ObjectNode results) {
    Map<String, String> hashes = new TreeMap<>();
    if (hashed) {
      outputs.forEach(output -> hashes.putAll(directory.hashes(output)));
    }
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    line.put("trial", trial);
    line.put("stage", stage);
    line.put("started", started.toOffsetDateTime().toString());
    line.put("seconds", seconds);
    outputs.forEach(line.putArray("outputs")::add);
    if (hashed) {
      ObjectNode sha256 = line.putObject(SHA256);
      hashes.forEach(sha256::put);
    }
    line.set("results", results);
    directory.append(FILE, line.toString());
    return new Line(trial, stage, seconds, hashed, hashes, null);
  }

  /**
   * The finished stages in order, without a last line that a crash cut short: its stage did not
   * count yet. Changes nothing.
   *
   * @throws DamagedRun when another line is broken, or is not one that a run can have written there
   */
  public List<Line> read() {
    return content().lines();
  }

  /** As {@link #read()}, and takes the line that was cut short away; what follows is like these. */
  List<Line> repair() {
    Content content = content();
    if (content.cutShort()) {
      directory.truncate(FILE, content.bytes());
    }
    hashed = content.lines().stream().allMatch(Line::hashed);
    return content.lines();
  }

  private Content content() {
    byte[] content = directory.read(FILE);
    int end = content.length;
    while (end > 0 && content[end - 1] != '\n') {
      end--;
    }
    List<Line> lines = new ArrayList<>();
    JournalOrder order = new JournalOrder();
    for (String text : new String(content, 0, end, StandardCharsets.UTF_8).lines().toList()) {
      int number = lines.size() + 1;
      Line line = line(text, number);
      String impossible = order.problemOf(line.trial(), line.stage());
      if (impossible != null) {
        throw damaged(number, impossible, null);
      }
      if (!lines.isEmpty() && line.hashed() != lines.get(0).hashed()) {
        throw damaged(number, mixed(line), null);
      }
      lines.add(line);
    }
    return new Content(lines, end, end < content.length);
  }

  private static String mixed(Line line) {
    return line.hashed()
        ? "the line has sha256, and those before it do not"
        : "the line has no sha256, and those before it do";
  }

  private Line line(String text, int number) {
    JsonNode node;
    try {
      node = JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw damaged(number, "this is no line of a journal", e);
    }
    if (!node.path("trial").isInt()
        || !node.path("stage").isTextual()
        || !(node.path("seconds").isNumber() && node.path("seconds").doubleValue() >= 0)) {
      throw damaged(number, "this is no line of a journal", null);
    }
    Map<String, String> hashes = new LinkedHashMap<>();
    JsonNode sha256 = node.path(SHA256);
    if (!sha256.isMissingNode() && !sha256.isObject()) {
      throw damaged(number, "sha256 must have a hash for each file, found " + sha256, null);
    }
    for (Map.Entry<String, JsonNode> each : sha256.properties()) {
      if (!isInside(each.getKey()) || !Sha256.isHash(each.getValue().asText())) {
        throw damaged(number, "no file of a run and its hash: " + each, null);
      }
      hashes.put(each.getKey(), each.getValue().asText());
    }
    for (JsonNode output : node.path("outputs")) {
      String name = output.asText();
      if (sha256.isObject()
          && hashes.keySet().stream()
              .noneMatch(file -> file.equals(name) || file.startsWith(name + "/"))) {
        throw damaged(number, "sha256 has no hash of " + name, null);
      }
    }
    return new Line(
        node.get("trial").intValue(),
        node.get("stage").textValue(),
        node.get("seconds").doubleValue(),
        sha256.isObject(),
        hashes,
        node.path("results").path("verdict").textValue());
  }

  /** Whether a path that a journal has stays in the run directory. */
  private static boolean isInside(String path) {
    return !path.startsWith("/")
        && !path.contains("\\")
        && Arrays.stream(path.split("/", -1))
            .noneMatch(part -> part.isEmpty() || part.equals(".") || part.equals(".."));
  }

  private DamagedRun damaged(int line, String what, @Nullable Throwable cause) {
    return new DamagedRun(
        directory.resolve(FILE) + ":" + line,
        what,
        "The journal was edited or damaged. Restore it from a copy, or start the run anew;"
            + " nothing was changed.",
        cause);
  }
}
