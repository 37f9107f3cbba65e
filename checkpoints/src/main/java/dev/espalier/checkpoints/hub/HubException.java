package dev.espalier.checkpoints.hub;

import dev.espalier.api.problem.ProblemKind;
import java.io.IOException;

/** The server was reached, or not, and the answer was no use; trying again may help or not. */
final class HubException extends IOException {
  private static final long serialVersionUID = 1L;

  private final ProblemKind kind;
  private final boolean passing;
  private final transient String advice;

  private HubException(
      ProblemKind kind, String message, String advice, boolean passing, Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.advice = advice;
    this.passing = passing;
  }

  /** The hub said no to what was asked for, and will say it again. */
  static HubException refused(String message, String advice) {
    return new HubException(ProblemKind.INPUT, message, advice, false, null);
  }

  /** What answers is no hub, or something on the way changes its answers. */
  static HubException disturbed(String message, String advice) {
    return new HubException(ProblemKind.ENVIRONMENT, message, advice, false, null);
  }

  /** The connection or the server failed, which may pass. */
  static HubException failed(String message, Throwable cause) {
    return new HubException(
        ProblemKind.ENVIRONMENT,
        message,
        "Maybe the network or the server is down: run again later, what was fetched is kept. Or set"
            + " HF_HUB_OFFLINE=1 to use the cache alone.",
        true,
        cause);
  }

  /** Whether what was asked for is to blame, or the machine and its network. */
  ProblemKind kind() {
    return kind;
  }

  boolean isPassing() {
    return passing;
  }

  String advice() {
    return advice == null ? "" : advice;
  }
}
