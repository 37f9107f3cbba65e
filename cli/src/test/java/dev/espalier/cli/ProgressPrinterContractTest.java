package dev.espalier.cli;

import dev.espalier.cli.ProgressPrinter.Mode;
import dev.espalier.testkit.ListenerContract;
import java.io.OutputStream;
import java.io.PrintStream;
import java.time.Duration;
import org.junit.jupiter.api.Nested;

/** The progress printer keeps what every run listener promises, in both of its ways. */
final class ProgressPrinterContractTest {
  @Nested
  final class Bar extends ListenerContract {
    Bar() {
      super(() -> printer(Mode.BAR));
    }
  }

  @Nested
  final class Lines extends ListenerContract {
    Lines() {
      super(() -> printer(Mode.LINES));
    }
  }

  private static ProgressPrinter printer(Mode mode) {
    PrintStream out = new PrintStream(OutputStream.nullOutputStream());
    return new ProgressPrinter(out, mode, 80, Duration.ofSeconds(10), System::nanoTime);
  }
}
