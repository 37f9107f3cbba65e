package dev.espalier.checkpoints.hub;

import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A repository of the hub at a revision: {@code hf:bert-base-uncased}, {@code hf:org/name@rev}, or
 * {@code hf-dataset:org/name}.
 *
 * @param kind model or data set
 * @param repository {@code name} or {@code organization/name}
 * @param revision a branch, a tag or a commit of 40 hexadecimal digits
 */
public record HubReference(Kind kind, String repository, String revision) {
  private static final String PART = "[A-Za-z0-9](?:[A-Za-z0-9_]|[.-](?![.-]))*(?<![.-])";
  private static final Pattern REPOSITORY = Pattern.compile(PART + "(?:/" + PART + ")?");
  private static final Pattern REVISION = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._/-]*");
  private static final Pattern WRITTEN = Pattern.compile("(hf|hf-dataset):([^@]*)(?:@(.*))?");
  private static final int LONGEST = 96;

  /** What a repository holds. */
  public enum Kind {
    /** A model. */
    MODEL("hf:", "models", ""),
    /** A data set. */
    DATASET("hf-dataset:", "datasets", "datasets/");

    private final String prefix;
    private final String plural;
    private final String path;

    Kind(String prefix, String plural, String path) {
      this.prefix = prefix;
      this.plural = plural;
      this.path = path;
    }
  }

  /** Checks name and revision. */
  public HubReference {
    if (repository.length() > LONGEST || !REPOSITORY.matcher(repository).matches()) {
      throw wrong(
          kind.prefix + repository,
          "a repository is name or organization/name, of letters, digits and single - _ .");
    }
    if (!REVISION.matcher(revision).matches() || revision.contains("..")) {
      throw wrong(
          kind.prefix + repository + "@" + revision, "a revision is a branch, a tag or a commit");
    }
  }

  /**
   * Reads a reference.
   *
   * @return empty when {@code written} is no reference to the hub
   * @throws ProblemException of kind CONFIGURATION when it is one, but not a possible one
   */
  public static Optional<HubReference> parse(String written) {
    Matcher matcher = WRITTEN.matcher(written);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    Kind kind = matcher.group(1).equals("hf") ? Kind.MODEL : Kind.DATASET;
    String revision = matcher.group(3) == null ? "main" : matcher.group(3);
    return Optional.of(new HubReference(kind, matcher.group(2), revision));
  }

  /** The same repository at another revision. */
  public HubReference at(String other) {
    return new HubReference(kind, repository, other);
  }

  /** The cache's folder: {@code models--organization--name}. */
  String folder() {
    return kind.plural + "--" + repository.replace("/", "--");
  }

  /** Where the server describes it: {@code api/models/organization/name}. */
  String apiPath() {
    return "api/" + kind.plural + "/" + repository;
  }

  /** Where the server has its files: {@code organization/name} or {@code datasets/...}. */
  String filesPath() {
    return kind.path + repository;
  }

  /** As it is written, with the revision where that is not the usual one. */
  @Override
  public String toString() {
    return kind.prefix + repository + (revision.equals("main") ? "" : "@" + revision);
  }

  private static ProblemException wrong(String written, String rule) {
    return new ProblemException(
        List.of(
            new Problem(
                ProblemKind.CONFIGURATION,
                ProblemCode.BAD_FORMAT,
                null,
                written + ": " + rule,
                "For instance hf:bert-base-uncased or hf:organization/name@main.")));
  }
}
