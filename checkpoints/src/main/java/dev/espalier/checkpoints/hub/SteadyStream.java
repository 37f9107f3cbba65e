package dev.espalier.checkpoints.hub;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A body that must keep coming: where too little of it came for too long it is closed, and reading
 * fails. The HTTP client's own deadline ends with the headers.
 */
final class SteadyStream extends InputStream {
  /** Less than this in one period is as good as nothing: 1 KiB/s over a minute. */
  static final int LEAST_BYTES = 60 << 10;

  private final InputStream body;
  private final Duration period;
  private final Executor later;
  private final AtomicLong received = new AtomicLong();
  private volatile boolean stalled;
  private volatile boolean closed;

  SteadyStream(InputStream body, Duration period) {
    this.body = body;
    this.period = period;
    this.later = CompletableFuture.delayedExecutor(period.toNanos(), TimeUnit.NANOSECONDS);
    watch(0);
  }

  /** Looks again after a period, as long as enough came in each. */
  private void watch(long before) {
    later.execute(
        () -> {
          long now = received.get();
          if (closed) {
            return;
          }
          if (now - before < LEAST_BYTES) {
            stalled = true;
            closeBody();
          } else {
            watch(now);
          }
        });
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    int count;
    try {
      count = body.read(bytes, offset, length);
    } catch (IOException e) {
      throw stalled ? stalled() : e;
    }
    if (stalled) {
      throw stalled(); // a body that is closed while it is read looks like one that has ended
    }
    received.addAndGet(Math.max(0, count));
    return count;
  }

  private HubException stalled() {
    return HubException.failed(
        "the server sent less than "
            + LEAST_BYTES
            + " bytes in "
            + period.toMillis() / 1000.0
            + " s, "
            + received.get()
            + " in all",
        null);
  }

  private void closeBody() {
    try {
      body.close();
    } catch (IOException e) {
      // Whoever reads is told of the stall.
    }
  }

  @Override
  public void close() throws IOException {
    closed = true;
    body.close();
  }
}
