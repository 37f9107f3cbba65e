package dev.espalier.tuner.run;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.ZonedDateTime;
import java.util.List;

/** {@code trials.jsonl}: one line for each finished stage, on the disk before the stage counts. */
final class Journal {
  /** The journal's name in the run directory. */
  static final String FILE = "trials.jsonl";

  private final RunDirectory directory;

  Journal(RunDirectory directory) {
    this.directory = directory;
  }

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
}
