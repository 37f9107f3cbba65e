package dev.espalier.api.problem;

/** The closed list of what can go wrong for a user; everything else is a bug in Espalier. */
public enum ProblemKind {
  /** The configuration or the command line asks for something that cannot be done. */
  CONFIGURATION(2),
  /** A file that the user named is missing, unreadable or not in the format it should have. */
  INPUT(2),
  /** The machine cannot do it: native library, memory, disk. */
  ENVIRONMENT(4),
  /** The training diverged: a loss or a gradient is not finite. */
  TRAINING(4),
  /** Everything worked, and what was measured is not what was asked for. */
  MISSED(3),
  /** Code of a plugin failed, or returned what its interface excludes. */
  PLUGIN(4);

  private final int exitCode;

  ProblemKind(int exitCode) {
    this.exitCode = exitCode;
  }

  /** The process exit code that goes with this kind, as the README lists them. */
  public int exitCode() {
    return exitCode;
  }
}
