package dev.espalier.tuner.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.core.text.ShellWords;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How a run was started: what {@code environment.json} keeps for a resume and for the result.
 *
 * @param command the command and its arguments as they were typed; empty when a program started the
 *     run
 * @param mode full, or smoke for {@code --smoke}
 * @param plugins the folder of {@code --plugins}, as it was typed, or null
 */
public record Invocation(List<String> command, Mode mode, @Nullable String plugins) {
  /** A run that a program started, without plugins. */
  public static final Invocation BY_PROGRAM = new Invocation(List.of(), Mode.FULL, null);

  private static final String COMMAND = "command";
  private static final String MODE = "mode";
  private static final String PLUGINS = "plugins";

  /** How much of a run is done. */
  public enum Mode {
    /** All that the configuration asks for. */
    FULL,
    /** A few steps on a small part of model and data: see {@link SmokeRun}. */
    SMOKE;

    /** The mode as {@code result.json} has it. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Copies the list. */
  public Invocation {
    command = List.copyOf(command);
  }

  /**
   * Does a part of a resume, and tells of the folder of plugins when that fails without it: it is
   * never read unless it is named again.
   *
   * @param resumed how the resume was started
   */
  <T> T withPlugins(Invocation resumed, Supplier<T> part) {
    try {
      return part.get();
    } catch (ProblemException e) {
      if (plugins == null || resumed.plugins() != null) {
        throw e;
      }
      List<Problem> problems = new ArrayList<>(e.problems());
      problems.add(
          0,
          new Problem(
              ProblemKind.CONFIGURATION,
              ProblemCode.MISSING_KEY,
              null,
              "the run began with plugins from " + plugins,
              "Resume with --plugins " + ShellWords.quoted(plugins)));
      throw new ProblemException(problems, e);
    }
  }

  /** Adds the keys to {@code environment.json}. */
  void writeTo(ObjectNode environment) {
    environment.put(MODE, mode.label());
    ArrayNode words = environment.putArray(COMMAND);
    command.forEach(words::add);
    environment.put(PLUGINS, plugins);
  }

  /** Reads the keys of {@code environment.json}; what an older run does not have is left out. */
  public static Invocation readFrom(JsonNode environment) {
    List<String> command = new ArrayList<>();
    environment.path(COMMAND).forEach(word -> command.add(word.asText()));
    boolean smoke = Mode.SMOKE.label().equals(environment.path(MODE).asText());
    return new Invocation(
        command, smoke ? Mode.SMOKE : Mode.FULL, environment.path(PLUGINS).textValue());
  }
}
