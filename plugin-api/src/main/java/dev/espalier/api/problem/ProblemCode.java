package dev.espalier.api.problem;

import java.util.Locale;

/** What a problem is about; each has a page of its own under {@code docs/errors/}. */
public enum ProblemCode {
  /** A text cannot be read as YAML, or an assignment not as path=value. */
  SYNTAX,
  /** A file, its nesting or what its aliases stand for is larger than any configuration. */
  TOO_LARGE,
  /** A YAML tag that would create an object elsewhere. */
  YAML_TAG,
  /** A key is there twice. */
  DUPLICATE_KEY,
  /** A key, parameter or variable that the format does not have. */
  UNKNOWN_KEY,
  /** A key without which nothing can be done is not there. */
  MISSING_KEY,
  /** A value is of another kind than its key: a text for a number, a list for a map. */
  WRONG_TYPE,
  /** A number or share lies outside of what its key allows. */
  OUT_OF_RANGE,
  /** A word is none of those that its key allows. */
  NOT_ALLOWED,
  /** A text does not have the form that its key asks for. */
  BAD_FORMAT,
  /** A reference {@code ${...}} leads nowhere. */
  INTERPOLATION,
  /** Values that are allowed each by itself do not go together, or not with model and data. */
  CONTRADICTION,
  /** What is asked for does not exist yet. */
  UNSUPPORTED,
  /** A pruner, metric, task or model of that name does not exist. */
  UNKNOWN_NAME,
  /** A glob matches none of the model's parameters. */
  NO_MATCH,
  /** A file that was named cannot be read. */
  MISSING_FILE,
  /** A file is not in the format that it should have. */
  BAD_DATA,
  /** The machine cannot do it. */
  ENVIRONMENT,
  /** The training diverged. */
  TRAINING,
  /** What was measured is not what was asked for. */
  MISSED,
  /** Code of a plugin failed. */
  PLUGIN;

  /** The code as printed, for instance {@code unknown-key}; it never changes. */
  public String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The page that explains it, relative to Espalier's folder. */
  public String page() {
    return "docs/errors/" + text() + ".md";
  }

  /** The code of a problem of which no more than its kind is said. */
  static ProblemCode of(ProblemKind kind) {
    return switch (kind) {
      case CONFIGURATION -> CONTRADICTION;
      case INPUT -> BAD_DATA;
      case ENVIRONMENT -> ENVIRONMENT;
      case TRAINING -> TRAINING;
      case MISSED -> MISSED;
      case PLUGIN -> PLUGIN;
    };
  }
}
