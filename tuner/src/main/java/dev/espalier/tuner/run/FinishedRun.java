package dev.espalier.tuner.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.api.run.RunEvent;
import dev.espalier.api.run.RunListener;
import dev.espalier.tuner.directory.DamagedRun;
import dev.espalier.tuner.directory.Journal;
import dev.espalier.tuner.directory.RunDirectory;
import dev.espalier.tuner.directory.RunFiles;
import dev.espalier.tuner.directory.Stages;
import dev.espalier.tuner.directory.WrittenFiles;
import dev.espalier.tuner.result.Status;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A run whose journal has its verdict. It is told again from its own files, without model, data or
 * plugins, and nothing in its directory changes, which may be read-only.
 */
final class FinishedRun {
  /** The result for programs. */
  static final String RESULT = "result.json";

  /** The result as the console showed it. */
  static final String SUMMARY = "summary.txt";

  /** The result for people. */
  static final String REPORT = "report.html";

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final RunDirectory run;
  private final List<Journal.Line> lines;
  private final String verdict;

  private FinishedRun(RunDirectory run, List<Journal.Line> lines, String verdict) {
    this.run = run;
    this.lines = lines;
    this.verdict = verdict;
  }

  /**
   * The finished run in a directory; empty when it is not finished, or when a file of its result is
   * missing and has to be made again.
   *
   * @throws DamagedRun when a file in it is broken or was changed
   */
  static Optional<FinishedRun> in(RunDirectory run) {
    List<Journal.Line> lines = new Journal(run).read();
    return lines.stream()
        .filter(line -> line.stage().equals(Stages.VERDICT))
        .findFirst()
        .map(line -> new FinishedRun(run, lines, line.verdict() == null ? "" : line.verdict()))
        .filter(FinishedRun::isWhole);
  }

  private boolean isWhole() {
    List<String> needed = new ArrayList<>(List.of(RESULT, REPORT));
    lines.stream()
        .filter(line -> Stages.isOfResult(line.stage()))
        .forEach(line -> needed.addAll(line.sha256().keySet()));
    return Files.isDirectory(run.resolve(RunFiles.BEST))
        && needed.stream().allMatch(file -> Files.exists(run.resolve(file)));
  }

  /**
   * The result again.
   *
   * @throws DamagedRun when a file in it is broken or was changed
   */
  RunResult tell(RunListener listener) {
    WrittenFiles written = WrittenFiles.of(lines);
    written.checkButForCard(run);
    if (written.isCardEdited(run)) {
      listener.on(new RunEvent.Note(RunFiles.CARD + " was edited after the run."));
    }
    JsonNode result = result();
    Status status = status(result);
    List<Problem> problems = problems(result);
    JsonNode exitCode = result.path("exit_code");
    String summary =
        Files.exists(run.resolve(SUMMARY))
            ? new String(run.read(SUMMARY), StandardCharsets.UTF_8).stripTrailing()
            : verdict;
    return new RunResult(
        status,
        run.path(),
        exitCode.isInt()
            ? exitCode.intValue()
            : problems.isEmpty() ? status.exitCode() : problems.get(0).kind().exitCode(),
        problems,
        null,
        summary + "\n" + place(run.path()));
  }

  /**
   * Checks what is at the places where a run writes its result: a link, or a folder in place of a
   * file, is its owner's and would be replaced.
   *
   * @throws DamagedRun naming the first that no run makes
   */
  static void checkPlaces(RunDirectory run) {
    for (String name : List.of(RunFiles.BEST, REPORT, SUMMARY, RESULT)) {
      Path place = run.resolve(name);
      boolean folder = name.equals(RunFiles.BEST);
      boolean fits =
          folder
              ? Files.isDirectory(place, LinkOption.NOFOLLOW_LINKS)
              : Files.isRegularFile(place, LinkOption.NOFOLLOW_LINKS);
      if (!fits && Files.exists(place, LinkOption.NOFOLLOW_LINKS)) {
        throw new DamagedRun(
            place.toString(),
            "it is "
                + (Files.isSymbolicLink(place) ? "a symbolic link" : folder ? "a file" : "a folder")
                + ", where the run has to make a "
                + (folder ? "folder" : "file"),
            "Move it elsewhere and resume again; nothing was changed.",
            null);
      }
    }
  }

  /** The line of a summary that says where everything is. */
  static String place(Path directory) {
    return "Everything is in " + directory;
  }

  private JsonNode result() {
    try {
      return JSON.readTree(run.read(RESULT));
    } catch (IOException e) {
      throw broken(e.getMessage(), e);
    }
  }

  private Status status(JsonNode result) {
    String label = result.path("status").asText();
    return Arrays.stream(Status.values())
        .filter(status -> status.label().equals(label))
        .findFirst()
        .orElseThrow(() -> broken("there is no status \"" + label + "\"", null));
  }

  private List<Problem> problems(JsonNode result) {
    List<Problem> problems = new ArrayList<>();
    for (JsonNode each : result.path("problems")) {
      ProblemKind kind =
          Arrays.stream(ProblemKind.values())
              .filter(one -> one.name().equals(each.path("kind").asText()))
              .findFirst()
              .orElseThrow(() -> broken("no problem: " + each, null));
      String location = each.path("location").textValue();
      problems.add(
          new Problem(
              kind,
              location == null ? null : Location.ofFile(location),
              each.path("message").asText(),
              each.path("advice").textValue()));
    }
    return problems;
  }

  private DamagedRun broken(String what, @Nullable Throwable cause) {
    return new DamagedRun(run.resolve(RESULT), "not what a run writes: " + what, cause);
  }
}
