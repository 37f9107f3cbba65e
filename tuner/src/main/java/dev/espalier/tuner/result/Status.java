package dev.espalier.tuner.result;

import java.util.Locale;

/** How a run ended. */
public enum Status {
  /** The shipped file meets the criterion. */
  MET(0),
  /** It does not; the best effort is saved all the same. */
  MISSED(3),
  /** There is no shipped file; the exit code is that of the problem. */
  FAILED(1);

  private final int exitCode;

  Status(int exitCode) {
    this.exitCode = exitCode;
  }

  /** The process exit code; for a failed run that of an unknown cause. */
  public int exitCode() {
    return exitCode;
  }

  /** The status as {@code result.json} has it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
