package dev.espalier.djl;

import dev.espalier.api.pruning.TopShare;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** A fixed team of threads that works off numbered tasks, each thread with scratch of its own. */
final class Workers implements AutoCloseable {
  private final List<Scratch> scratches = new ArrayList<>();
  private final ExecutorService others;

  /** What one thread may overwrite: three arrays of each size that it was asked for. */
  static final class Scratch {
    final TopShare selection = new TopShare();
    private final Map<Integer, float[]> firsts = new HashMap<>();
    private final Map<Integer, float[]> seconds = new HashMap<>();
    private final Map<Integer, float[]> thirds = new HashMap<>();

    float[] first(int size) {
      return firsts.computeIfAbsent(size, float[]::new);
    }

    float[] second(int size) {
      return seconds.computeIfAbsent(size, float[]::new);
    }

    float[] third(int size) {
      return thirds.computeIfAbsent(size, float[]::new);
    }
  }

  /** One task. */
  interface Task {
    void run(int number, Scratch scratch);
  }

  /** Starts {@code threads − 1} threads; the caller is the last one. */
  Workers(int threads) {
    for (int i = 0; i < threads; i++) {
      scratches.add(new Scratch());
    }
    this.others =
        Executors.newFixedThreadPool(
            Math.max(1, threads - 1),
            work -> {
              Thread thread = new Thread(work, "espalier-step");
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * Runs the tasks 0 to {@code count − 1}, handing them out in this order, and waits for all. Once
   * one has thrown no further one begins; no task runs any more when this method ends.
   *
   * @throws RuntimeException the first that a task threw; an Error likewise
   */
  void run(int count, Task task) {
    AtomicInteger next = new AtomicInteger();
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    List<Future<?>> running = new ArrayList<>();
    for (Scratch scratch : scratches.subList(1, scratches.size())) {
      running.add(others.submit(() -> drain(next, count, task, scratch, thrown)));
    }
    drain(next, count, task, scratches.get(0), thrown);
    running.forEach(Workers::await);
    Throwable first = thrown.get();
    if (first instanceof Error error) {
      throw error;
    }
    if (first != null) {
      throw (RuntimeException) first;
    }
  }

  private static void drain(
      AtomicInteger next,
      int count,
      Task task,
      Scratch scratch,
      AtomicReference<Throwable> thrown) {
    try {
      for (int number = next.getAndIncrement();
          number < count && thrown.get() == null;
          number = next.getAndIncrement()) {
        task.run(number, scratch);
      }
    } catch (RuntimeException | Error e) {
      thrown.compareAndSet(null, e);
    }
  }

  private static void await(Future<?> future) {
    try {
      future.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while training", e);
    }
  }

  @Override
  public void close() {
    others.shutdownNow();
  }
}
