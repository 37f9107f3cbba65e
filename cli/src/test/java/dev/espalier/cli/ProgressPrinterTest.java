package dev.espalier.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.espalier.api.run.Finding;
import dev.espalier.api.run.RunEvent;
import dev.espalier.cli.ProgressPrinter.Mode;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ProgressPrinterTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private long now = 1_000_000_000_000L;

  @Test
  void printsALinePerIntervalAndAtTheEndOfAStage() {
    ProgressPrinter printer = printer(Mode.LINES, 80);

    printer.on(new RunEvent.StageStarted(1, "fine_prune"));
    for (int second = 1; second <= 25; second++) {
      pass(Duration.ofSeconds(1));
      printer.on(step(10L * second, 250));
    }
    printer.on(finished(1, "fine_prune", Duration.ofMillis(25_040)));

    assertThat(printed())
        .isEqualTo(
            """
            trial 1 fine_prune 100/250 loss 0.3127 sparsity 61.4% 412 samples/s 1:02 left
            trial 1 fine_prune 200/250 loss 0.3127 sparsity 61.4% 412 samples/s 1:02 left
            trial 1 fine_prune done in 25.0 s
              loss       0.2991
              sparsity   85.0%
              steps run  250
            """);
  }

  @Test
  void countsTheIntervalFromTheStartOfTheStage() {
    ProgressPrinter printer = printer(Mode.LINES, 80);
    printer.on(new RunEvent.StageStarted(1, "fine_prune"));
    pass(Duration.ofSeconds(9));
    printer.on(new RunEvent.StageStarted(2, "fine_prune"));
    pass(Duration.ofSeconds(9));

    printer.on(step(1, 250));

    assertThat(printed()).isEmpty();
  }

  @Test
  void namesTheDenseRunTheBaseline() {
    ProgressPrinter printer = printer(Mode.LINES, 80);

    printer.on(new RunEvent.StageStarted(0, "export"));
    printer.on(new RunEvent.StageFinished(0, "export", Duration.ofMillis(950), List.of()));

    assertThat(printed()).isEqualTo("baseline export done in 1.0 s\n");
  }

  @Test
  void printsNotesAsTheyCome() {
    ProgressPrinter printer = printer(Mode.LINES, 80);
    printer.on(new RunEvent.Note("No VNNI: int8 may be\nslower than fp32."));
    assertThat(printed()).isEqualTo("No VNNI: int8 may be\nslower than fp32.\n");
  }

  @Test
  void drawsABarAtMostTenTimesASecond() {
    ProgressPrinter printer = printer(Mode.BAR, 100);

    printer.on(new RunEvent.StageStarted(1, "fine_prune"));
    printer.on(step(1, 250)); // at once
    pass(Duration.ofMillis(99));
    printer.on(step(2, 250)); // too soon
    pass(Duration.ofMillis(1));
    printer.on(step(125, 250));
    printer.on(step(250, 250)); // the last one, always
    printer.on(finished(1, "fine_prune", Duration.ofSeconds(3_725)));

    String start = "trial 1 fine_prune ...";
    String first =
        "trial 1 fine_prune [---------------------] 1/250"
            + " loss 0.3127 sparsity 61.4% 412 samples/s 1:02 left";
    String half =
        "trial 1 fine_prune [#########----------] 125/250"
            + " loss 0.3127 sparsity 61.4% 412 samples/s 1:02 left";
    String last =
        "trial 1 fine_prune [###################] 250/250"
            + " loss 0.3127 sparsity 61.4% 412 samples/s 1:02 left";
    assertThat(printed())
        .isEqualTo(
            "\r"
                + start
                + "\r"
                + first
                + "\r"
                + half
                + "\r"
                + last
                + "\r"
                + " ".repeat(last.length())
                + "\r"
                + """
                trial 1 fine_prune done in 1:02:05
                  loss       0.2991
                  sparsity   85.0%
                  steps run  250
                """);
  }

  @Test
  void shortensTheBarsTextToFitTheTerminal() {
    assertThat(barAt(200))
        .isEqualTo(
            "trial 1 fine_prune [############------------------] 100/250"
                + " loss 0.3127 sparsity 61.4% 412 samples/s 1:02 left");
    assertThat(barAt(90))
        .isEqualTo(
            "fine_prune [######-----------] 100/250"
                + " loss 0.3127 sparsity 61.4% 412 samples/s 1:02 left");
    assertThat(barAt(80))
        .isEqualTo(
            "fine_prune [######---------] 100/250 loss 0.3127 sparsity 61.4% 412/s 1:02 left");
    assertThat(barAt(50)).isEqualTo("fine_prune [#######-----------] 100/250 1:02 left");
    assertThat(barAt(30)).isEqualTo("fine_prune 100/250");
    assertThat(barAt(10)).isEqualTo("fine_prun");
    assertThat(barAt(1)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"200", "120", "100", "90", "80", "79", "60", "40", "20", "10", "1"})
  void neverFillsTheLastColumnSoThatNoTerminalWraps(int width) {
    assertThat(barAt(width).length()).isLessThan(width);
  }

  @Test
  void overwritesALongerBarCompletely() {
    ProgressPrinter printer = printer(Mode.BAR, 80);
    printer.on(new RunEvent.StageStarted(12, "quantize"));
    printer.on(new RunEvent.StageStarted(12, "export"));
    assertThat(printed()).isEqualTo("\rtrial 12 quantize ...\rtrial 12 export ...  ");
  }

  @Test
  void putsNotesAboveTheBar() {
    ProgressPrinter printer = printer(Mode.BAR, 80);
    printer.on(new RunEvent.StageStarted(1, "export"));
    printer.on(new RunEvent.Note("Attention fused 6 times."));
    printer.on(new RunEvent.Note("Gelu fused 6 times."));
    assertThat(printed())
        .isEqualTo(
            "\rtrial 1 export ...\r"
                + " ".repeat("trial 1 export ...".length())
                + "\rAttention fused 6 times.\nGelu fused 6 times.\n");
  }

  @ParameterizedTest(name = "{0} seconds: {1}")
  @CsvSource({
    "-5, 0:00",
    "0, 0:00",
    "59, 0:59",
    "60, 1:00",
    "3599, 59:59",
    "3600, 1:00:00",
    "360000, 100:00:00"
  })
  void writesTimeLeftAsAClock(long seconds, String text) {
    ProgressPrinter printer = printer(Mode.LINES, 80);
    printer.on(new RunEvent.StageStarted(1, "fine_prune"));
    pass(Duration.ofSeconds(10));

    printer.on(
        new RunEvent.StepDone(
            1, 1, 2, 0, 0, 0, 0, OptionalDouble.empty(), 0, Duration.ofSeconds(seconds)));

    assertThat(printed()).endsWith(" " + text + " left\n");
  }

  /** The terminal writes ^C behind the bar, and steps go on until the run notices. */
  @Test
  void leavesAnEmptyLineToWhatIsSaidWhenTheProcessEnds() {
    ProgressPrinter printer = printer(Mode.BAR, 200);
    printer.on(new RunEvent.StageStarted(1, "fine_prune"));
    printer.on(step(1, 250));
    String bar = printed().substring(printed().lastIndexOf('\r') + 1);
    bytes.reset();

    printer.end();
    pass(Duration.ofSeconds(1));
    printer.on(step(2, 250));
    printer.on(new RunEvent.StageStarted(1, "export"));
    printer.end();

    assertThat(printed()).isEqualTo("\r" + " ".repeat(bar.length() + 2) + "\r");
  }

  @Test
  void printsNothingAtTheEndWithoutABar() {
    ProgressPrinter printer = printer(Mode.LINES, 100);
    printer.on(step(1, 250));
    bytes.reset();
    printer.end();
    assertThat(printed()).isEmpty();
  }

  @Test
  void throwsNothingWhateverItIsTold() {
    for (Mode mode : Mode.values()) {
      for (int width : new int[] {-1, 0, 1, 80}) {
        ProgressPrinter printer = printer(mode, width);
        assertThatCode(
                () -> {
                  Duration forever = Duration.ofSeconds(Long.MAX_VALUE);
                  printer.on(step(5, 0)); // no stage, no total
                  printer.on(new RunEvent.StageStarted(-1, ""));
                  printer.on(step(9, 3));
                  printer.on(step(-9, 3));
                  printer.on(
                      new RunEvent.StepDone(
                          1,
                          3,
                          3,
                          Double.NaN,
                          Double.NaN,
                          Double.NaN,
                          Double.NaN,
                          OptionalDouble.of(Double.NaN),
                          Double.POSITIVE_INFINITY,
                          forever));
                  printer.on(
                      new RunEvent.StageFinished(1, "x", forever, List.of(Finding.text("", ""))));
                  printer.on(new RunEvent.StageFinished(1, null, null, List.of()));
                })
            .as("%s, %d columns", mode, width)
            .doesNotThrowAnyException();
      }
    }
  }

  @ParameterizedTest(name = "terminal {0}, --no-progress {1}, CI={2}, TERM={3}: {4}")
  @CsvSource({
    "true,  false,      , xterm, BAR",
    "true,  false,      ,      , BAR",
    "true,  false, false, xterm, BAR",
    "true,  false, ''   , xterm, BAR",
    "false, false,      , xterm, LINES",
    "true,  true ,      , xterm, LINES",
    "true,  false, true , xterm, LINES",
    "true,  false, 1    , xterm, LINES",
    "true,  false,      , dumb , LINES",
  })
  void drawsABarOnlyWhereSomebodySeesItMove(
      boolean terminal, boolean noProgress, String ci, String term, Mode mode) {
    Map<String, String> environment = new LinkedHashMap<>();
    if (ci != null) {
      environment.put("CI", ci);
    }
    if (term != null) {
      environment.put("TERM", term);
    }
    assertThat(Mode.of(terminal, noProgress, environment)).isEqualTo(mode);
  }

  @ParameterizedTest(name = "COLUMNS={0}: {1}")
  @CsvSource({"132, 132", "' 132 ', 132", "'', 80", "0, 80", "-5, 80", "wide, 80"})
  void readsTheWidthFromTheEnvironment(String columns, int width) {
    assertThat(ProgressPrinter.width(Map.of("COLUMNS", columns))).isEqualTo(width);
    assertThat(ProgressPrinter.width(Map.of())).isEqualTo(80);
  }

  private String barAt(int width) {
    bytes.reset();
    ProgressPrinter printer = printer(Mode.BAR, width);
    printer.on(new RunEvent.StageStarted(1, "fine_prune"));
    bytes.reset();
    printer.on(step(100, 250));
    return printed().substring(1).stripTrailing(); // without \r and what overwrites the line before
  }

  private ProgressPrinter printer(Mode mode, int width) {
    PrintStream out = new PrintStream(bytes, false, UTF_8);
    return new ProgressPrinter(out, mode, width, Duration.ofSeconds(10), () -> now);
  }

  private void pass(Duration time) {
    now += time.toNanos();
  }

  private static RunEvent step(long step, long total) {
    return new RunEvent.StepDone(
        1,
        step,
        total,
        0.31271,
        0.6139,
        3e-5,
        1.5,
        OptionalDouble.of(40),
        411.6,
        Duration.ofSeconds(62));
  }

  private static RunEvent finished(int trial, String stage, Duration time) {
    return new RunEvent.StageFinished(
        trial,
        stage,
        time,
        List.of(
            Finding.of("loss", 0.29914, "0.2991"),
            Finding.of("sparsity", 0.85, "85.0%"),
            Finding.of("steps run", 250, "250")));
  }

  private String printed() {
    return bytes.toString(UTF_8).replace(System.lineSeparator(), "\n");
  }
}
