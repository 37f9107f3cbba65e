package dev.espalier.tuner.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.config.ResolvedValue;
import dev.espalier.config.Source;
import dev.espalier.tuner.directory.RunDirectory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What a resumed run was made from, as it wrote it down when it began. */
final class RecordedEnvironment {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private static final String LIBRARIES = "libraries";

  /** What decides a result; another CPU may only differ in the last digits of a number. */
  private static final List<String> DECISIVE =
      List.of("espalier", LIBRARIES, "seeds", "configuration", "weights", "teacher", "data");

  private static final String COMMENT = "  # ";
  private static final String VALUES = "/configuration/values";

  private final RunDirectory run;
  private final ObjectNode environment;

  /**
   * Keys that the run's configuration lacks: they are newer than the run, and at their defaults.
   */
  private final Set<String> newer = new HashSet<>();

  private RecordedEnvironment(RunDirectory run, ObjectNode environment) {
    this.run = run;
    this.environment = environment;
  }

  /**
   * Reads it.
   *
   * @throws ProblemException of kind INPUT when it is broken
   */
  static RecordedEnvironment read(RunDirectory run) {
    try {
      if (JSON.readTree(run.read(RunDirectory.ENVIRONMENT)) instanceof ObjectNode environment) {
        return new RecordedEnvironment(run, environment);
      }
    } catch (IOException e) {
      // said below
    }
    throw ProblemException.of(
        ProblemKind.INPUT,
        run.resolve(RunDirectory.ENVIRONMENT) + ": this is not what a run writes",
        "Restore it from a copy, or start the run anew.");
  }

  /** Where the run ran, and what it was made from. */
  ObjectNode environment() {
    return environment;
  }

  /**
   * When the run began.
   *
   * @throws ProblemException of kind INPUT when what is there is no time
   */
  ZonedDateTime started(Clock clock) {
    JsonNode started = environment.path("started");
    if (started.isMissingNode()) {
      return ZonedDateTime.now(clock);
    }
    try {
      return ZonedDateTime.parse(started.asText()).withZoneSameInstant(clock.getZone());
    } catch (DateTimeException e) {
      throw wrong("started", started, "must be a time such as 2026-11-28T12:00:00+01:00");
    }
  }

  private ProblemException wrong(String key, JsonNode value, String must) {
    return new ProblemException(
        List.of(
            new Problem(
                ProblemKind.INPUT,
                ProblemCode.BAD_DATA,
                Location.ofFile(run.resolve(RunDirectory.ENVIRONMENT).toString()),
                key,
                must + ", found " + value,
                "Maybe it was edited; the run cannot go on, but can be started anew.")));
  }

  /** The configuration that was kept, told to come from the files that it came from. */
  ResolvedConfiguration of(ResolvedConfiguration kept) {
    JsonNode configuration = environment.path("configuration");
    List<Path> files = new ArrayList<>();
    for (JsonNode file : configuration.path("files")) {
      try {
        files.add(Path.of(file.asText()));
      } catch (InvalidPathException e) {
        throw wrong("configuration.files", file, "must be paths");
      }
    }
    if (files.isEmpty()) {
      throw wrong("configuration.files", configuration.path("files"), "must name a file");
    }
    List<String> assignments = new ArrayList<>();
    configuration.path("assignments").forEach(each -> assignments.add(each.asText()));
    List<String> lines =
        new String(run.read(RunDirectory.CONFIGURATION), StandardCharsets.UTF_8).lines().toList();
    kept.values().stream()
        .filter(value -> value.source() == Source.DEFAULT && value.location() == null)
        .forEach(value -> newer.add(value.path()));
    return kept.recorded(
        value -> withPlace(value, lines),
        files,
        configuration.path("sha256").asText(),
        assignments);
  }

  /** The value with the place that the run wrote behind it. */
  private ResolvedValue withPlace(ResolvedValue value, List<String> lines) {
    Location written = value.location();
    if (written == null || written.line() < 1 || written.line() > lines.size()) {
      return value;
    }
    String line = lines.get(written.line() - 1);
    int comment = line.lastIndexOf(COMMENT);
    if (comment < 0) {
      return value;
    }
    String place = line.substring(comment + COMMENT.length());
    if (place.equals(Source.DEFAULT.label())) {
      return new ResolvedValue(value.path(), value.value(), Source.DEFAULT, null);
    }
    Source source = Environment.source(environment, value.path());
    return new ResolvedValue(
        value.path(), value.value(), source == null ? Source.FILE : source, Location.ofFile(place));
  }

  /**
   * Compares what there is now with what there was.
   *
   * @throws ProblemException of kind CONFIGURATION with every difference
   */
  void check(ObjectNode now) {
    List<String> differences = new ArrayList<>();
    JsonNode written = asWritten(now);
    if (written.at(VALUES) instanceof ObjectNode values) {
      newer.stream().filter(key -> !environment.at(VALUES).has(key)).forEach(values::remove);
    }
    for (String model : List.of("weights", "teacher")) {
      if (!environment.path(model).has(Environment.FILES)
          && written.path(model) instanceof ObjectNode hashed) {
        hashed.remove(Environment.FILES); // newer than the run
      }
    }
    for (String part : DECISIVE) {
      compare(part, environment.path(part), written.path(part), differences);
    }
    if (!differences.isEmpty()) {
      throw new ProblemException(
          differences.stream()
              .map(
                  difference ->
                      new Problem(
                          ProblemKind.CONFIGURATION,
                          ProblemCode.CONTRADICTION,
                          null,
                          run.path() + " cannot be resumed: " + difference,
                          "Bring back what it began with, or start the run anew."))
              .toList());
    }
  }

  /** A tree in memory tells int from long; one that was read does not. */
  private static JsonNode asWritten(ObjectNode node) {
    try {
      return JSON.readTree(node.toString());
    } catch (IOException e) {
      throw new IllegalStateException("what was just written can be read", e);
    }
  }

  private static void compare(
      String path, JsonNode before, JsonNode now, List<String> differences) {
    if (before.isObject() && now.isObject()) {
      Set<String> names = new TreeSet<>();
      before.fieldNames().forEachRemaining(names::add);
      now.fieldNames().forEachRemaining(names::add);
      if (path.equals(LIBRARIES)) {
        names.removeIf(name -> name.startsWith(Environment.LISTENERS));
      }
      names.forEach(
          name -> compare(path + "." + name, before.path(name), now.path(name), differences));
    } else if (!before.equals(now)) {
      differences.add(path + " was " + text(before) + " and is " + text(now));
    }
  }

  private static String text(JsonNode node) {
    return node.isMissingNode()
        ? "not there"
        : node.isTextual() ? node.textValue() : node.toString();
  }
}
