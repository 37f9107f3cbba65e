package dev.espalier.tuner.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import java.nio.charset.StandardCharsets;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;

/** {@code trials.jsonl}: one line for each finished stage, on the disk before the stage counts. */
final class Journal {
  /** The journal's name in the run directory. */
  static final String FILE = "trials.jsonl";

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final RunDirectory directory;

  Journal(RunDirectory directory) {
    this.directory = directory;
  }

  /**
   * A finished stage.
   *
   * @param trial 0 for the dense baseline
   * @param stage the stage's name
   * @param seconds wall time
   */
  record Line(int trial, String stage, double seconds) {}

  /**
   * Records a finished stage.
   *
   * @param trial 0 for the dense baseline
   * @param stage the stage's name
   * @param started when it began
   * @param seconds wall time
   * @param outputs what it made, relative to the run directory
   * @param results what it found out
   */
  void finished(
      int trial,
      String stage,
      ZonedDateTime started,
      double seconds,
      List<String> outputs,
      ObjectNode results) {
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    line.put("trial", trial);
    line.put("stage", stage);
    line.put("started", started.toOffsetDateTime().toString());
    line.put("seconds", seconds);
    outputs.forEach(line.putArray("outputs")::add);
    line.set("results", results);
    directory.append(FILE, line.toString());
  }

  /**
   * The finished stages in order. A last line that a crash cut short is taken away: its stage did
   * not count yet.
   *
   * @throws ProblemException of kind INPUT when another line is broken
   */
  List<Line> repair() {
    byte[] content = directory.read(FILE);
    int end = content.length;
    while (end > 0 && content[end - 1] != '\n') {
      end--;
    }
    if (end < content.length) {
      directory.truncate(FILE, end);
    }
    List<Line> lines = new ArrayList<>();
    for (String text : new String(content, 0, end, StandardCharsets.UTF_8).lines().toList()) {
      lines.add(line(text, lines.size() + 1));
    }
    return lines;
  }

  private Line line(String text, int number) {
    try {
      JsonNode node = JSON.readTree(text);
      if (node.path("trial").isInt() && node.path("stage").isTextual()) {
        return new Line(
            node.get("trial").intValue(),
            node.get("stage").textValue(),
            node.path("seconds").doubleValue());
      }
    } catch (JsonProcessingException e) {
      // said below
    }
    throw ProblemException.of(
        ProblemKind.INPUT,
        directory.resolve(FILE) + ":" + number + ": this is no line of a journal",
        "Maybe it was edited; the run cannot go on from it, but can be started anew.");
  }
}
