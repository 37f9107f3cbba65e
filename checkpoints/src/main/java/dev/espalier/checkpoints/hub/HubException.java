package dev.espalier.checkpoints.hub;

import java.io.IOException;

/** The server was reached, or not, and the answer was no use; trying again may help or not. */
final class HubException extends IOException {
  private static final long serialVersionUID = 1L;

  private final boolean passing;
  private final transient String advice;

  private HubException(String message, String advice, boolean passing, Throwable cause) {
    super(message, cause);
    this.advice = advice;
    this.passing = passing;
  }

  /** The server said no, and will say it again. */
  static HubException refused(String message, String advice) {
    return new HubException(message, advice, false, null);
  }

  /** The connection or the server failed, which may pass. */
  static HubException failed(String message, Throwable cause) {
    return new HubException(
        message,
        "Maybe the network or the server is down: run again later, what was fetched is kept. Or set"
            + " HF_HUB_OFFLINE=1 to use the cache alone.",
        true,
        cause);
  }

  boolean isPassing() {
    return passing;
  }

  String advice() {
    return advice == null ? "" : advice;
  }
}
