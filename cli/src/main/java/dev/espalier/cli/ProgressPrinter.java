package dev.espalier.cli;

import dev.espalier.api.run.RunEvent;
import dev.espalier.api.run.RunListener;
import dev.espalier.tuner.report.ConsoleWidth;
import java.io.Console;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Shows a run on the console.
 *
 * <p>On a terminal a bar is redrawn in place, at most ten times a second:
 *
 * <pre>{@code
 * trial 1 fine_prune [#########-----] 1200/1875 loss 0.3127 sparsity 61.4% 412 samples/s 0:52 left
 * }</pre>
 *
 * <p>Elsewhere the same is a plain line, once per interval. Both print what a stage found out when
 * it ends, and notes as they come. Showing progress never ends a run: {@link #on} throws nothing.
 */
public final class ProgressPrinter implements RunListener {
  /** How progress is shown. */
  public enum Mode {
    /** One line, redrawn in place. */
    BAR,
    /** A line now and then, for logs. */
    LINES;

    /**
     * A bar where somebody sees it move: on a terminal that can return to the start of a line,
     * outside of CI, unless told otherwise.
     *
     * @param terminal whether there is a console
     * @param noProgress whether the user asked for plain lines
     * @param environment the environment's variables
     */
    public static Mode of(boolean terminal, boolean noProgress, Map<String, String> environment) {
      boolean continuousIntegration = isSet(environment.get("CI"));
      boolean dumb = "dumb".equals(environment.get("TERM"));
      return terminal && !noProgress && !continuousIntegration && !dumb ? BAR : LINES;
    }

    private static boolean isSet(@Nullable String flag) {
      return flag != null && !flag.isBlank() && !flag.equalsIgnoreCase("false");
    }
  }

  private static final Duration REDRAW = Duration.ofMillis(100);
  private static final Duration LINE_INTERVAL = Duration.ofSeconds(10);
  private static final int SHORTEST_BAR = 10;
  private static final int LONGEST_BAR = 30;
  private static final int ECHO = "^C".length(); // of the terminal, behind the bar

  private final PrintStream out;
  private final Mode mode;
  private final int width;
  private final long interval;
  private final LongSupplier nanoTime;

  private String trial = "";
  private String stage = "";
  private long lastShown;
  private int drawn; // characters of the bar that stand in the current line
  private boolean closed;

  /**
   * Shows progress on {@code out} as suits the console. When the process is told to end, by Ctrl-C
   * for instance, the bar is erased, so that what is said about it has a line of its own.
   *
   * @param out where to print
   * @param noProgress whether the user asked for plain lines
   */
  public static ProgressPrinter onConsole(PrintStream out, boolean noProgress) {
    Map<String, String> environment = System.getenv();
    Mode mode = Mode.of(isTerminal(System.console()), noProgress, environment);
    ProgressPrinter printer =
        new ProgressPrinter(out, mode, width(environment), LINE_INTERVAL, System::nanoTime);
    if (mode == Mode.BAR) {
      Runtime.getRuntime().addShutdownHook(new Thread(printer::end, "espalier-progress"));
    }
    return printer;
  }

  /**
   * Shows progress in one of the two ways.
   *
   * @param out where to print
   * @param mode bar or lines
   * @param width columns of the terminal
   * @param lineInterval time between two lines; a bar has its own
   * @param nanoTime the clock, as {@link System#nanoTime}
   */
  ProgressPrinter(
      PrintStream out, Mode mode, int width, Duration lineInterval, LongSupplier nanoTime) {
    this.out = out;
    this.mode = mode;
    this.width = width;
    this.interval = (mode == Mode.BAR ? REDRAW : lineInterval).toNanos();
    this.nanoTime = nanoTime;
  }

  /** Up to Java 21 there is a console only on a terminal; later ones have to be asked. */
  private static boolean isTerminal(@Nullable Console console) {
    if (console == null) {
      return false;
    }
    try {
      return (boolean) Console.class.getMethod("isTerminal").invoke(console);
    } catch (ReflectiveOperationException beforeJava22) {
      return true;
    }
  }

  /** The columns of the terminal: {@code COLUMNS}, or 80. */
  static int width(Map<String, String> environment) {
    return ConsoleWidth.of(environment);
  }

  @Override
  public synchronized void on(RunEvent event) {
    try {
      if (event instanceof RunEvent.StageStarted started) {
        start(started);
      } else if (event instanceof RunEvent.StepDone step) {
        show(step);
      } else if (event instanceof RunEvent.StageFinished finished) {
        finish(finished);
      } else if (event instanceof RunEvent.Note note) {
        erase();
        out.println(note.text());
      }
      out.flush();
    } catch (RuntimeException unprintable) {
      // An hour of training is worth more than a line about it.
    }
  }

  /** Erases the bar, and draws none from now on. What stages find out is still printed. */
  synchronized void end() {
    closed = true;
    if (drawn > 0) {
      drawn = Math.min(drawn + ECHO, Math.max(drawn, width - 1));
      erase();
      out.flush();
    }
  }

  private void start(RunEvent.StageStarted event) {
    trial = trial(event.trial());
    stage = event.stage();
    lastShown = nanoTime.getAsLong();
    if (mode == Mode.BAR) {
      draw(trial + " " + stage + " ..."); // for stages without steps
      lastShown -= interval; // so that the first step is drawn at once
    }
  }

  private void show(RunEvent.StepDone step) {
    long now = nanoTime.getAsLong();
    boolean last = mode == Mode.BAR && step.step() == step.totalSteps();
    if (now - lastShown < interval && !last) {
      return;
    }
    lastShown = now;
    if (mode == Mode.BAR) {
      draw(bar(step));
    } else {
      out.println(
          String.join(" ", trial, stage, count(step), figures(step, " samples/s"), left(step)));
    }
  }

  private void finish(RunEvent.StageFinished event) {
    erase();
    out.println(trial(event.trial()) + " " + event.stage() + " done in " + tookText(event.time()));
    int longest = event.findings().stream().mapToInt(each -> each.name().length()).max().orElse(0);
    event
        .findings()
        .forEach(each -> out.println("  " + padded(each.name(), longest) + "  " + each.shown()));
  }

  /**
   * The fullest text that leaves room for a bar; without a bar where even the shortest does not.
   */
  private String bar(RunEvent.StepDone step) {
    String count = count(step);
    String all = figures(step, " samples/s");
    String brief = figures(step, "/s");
    String left = left(step);
    for (List<String> text :
        List.of(
            List.of(trial + " " + stage, String.join(" ", count, all, left)),
            List.of(stage, String.join(" ", count, all, left)),
            List.of(stage, String.join(" ", count, brief, left)),
            List.of(stage, String.join(" ", count, left)))) {
      String before = text.get(0);
      String after = text.get(1);
      int room = width - 1 - before.length() - after.length() - " [] ".length();
      if (room >= SHORTEST_BAR) {
        return before + " [" + cells(step, Math.min(room, LONGEST_BAR)) + "] " + after;
      }
    }
    return stage + " " + count;
  }

  private static String cells(RunEvent.StepDone step, int room) {
    double done = step.totalSteps() > 0 ? (double) step.step() / step.totalSteps() : 0;
    int full = (int) Math.min(room, Math.max(0, Math.floor(done * room)));
    return "#".repeat(full) + "-".repeat(room - full);
  }

  private static String count(RunEvent.StepDone step) {
    return step.step() + "/" + step.totalSteps();
  }

  private static String figures(RunEvent.StepDone step, String perSecond) {
    return String.format(
        Locale.ROOT,
        "loss %.4f sparsity %.1f%% %.0f%s",
        step.loss(),
        100 * step.sparsity(),
        step.samplesPerSecond(),
        perSecond);
  }

  private static String left(RunEvent.StepDone step) {
    return clockText(step.timeLeft()) + " left";
  }

  private static String trial(int number) {
    return number == 0 ? "baseline" : "trial " + number;
  }

  private static String tookText(Duration time) {
    return time.toSeconds() < 60
        ? String.format(Locale.ROOT, "%.1f s", time.toMillis() / 1000.0)
        : clockText(time);
  }

  /** {@code m:ss}, or {@code h:mm:ss} from an hour on. */
  private static String clockText(Duration time) {
    Duration shown = time.isNegative() ? Duration.ZERO : time;
    return shown.toHours() == 0
        ? String.format(Locale.ROOT, "%d:%02d", shown.toMinutes(), shown.toSecondsPart())
        : String.format(
            Locale.ROOT,
            "%d:%02d:%02d",
            shown.toHours(),
            shown.toMinutesPart(),
            shown.toSecondsPart());
  }

  private static String padded(String text, int length) {
    return text + " ".repeat(length - text.length());
  }

  /** Replaces what stands in the current line. */
  private void draw(String line) {
    if (closed) {
      return;
    }
    String fitting = line.length() < width ? line : line.substring(0, Math.max(0, width - 1));
    out.print("\r" + fitting + " ".repeat(Math.max(0, drawn - fitting.length())));
    drawn = fitting.length();
  }

  /** Leaves the current line empty, with the cursor at its start. */
  private void erase() {
    if (drawn > 0) {
      out.print("\r" + " ".repeat(drawn) + "\r");
      drawn = 0;
    }
  }
}
