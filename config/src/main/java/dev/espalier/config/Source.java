package dev.espalier.config;

/** Where a value came from; later sources override earlier ones. */
public enum Source {
  /** Espalier's own default. */
  DEFAULT("default"),
  /** The YAML file. */
  FILE("file"),
  /** A variable of the environment. */
  ENVIRONMENT("environment"),
  /** An assignment on the command line. */
  COMMAND_LINE("command line");

  private final String label;

  Source(String label) {
    this.label = label;
  }

  /** The source in words. */
  public String label() {
    return label;
  }
}
