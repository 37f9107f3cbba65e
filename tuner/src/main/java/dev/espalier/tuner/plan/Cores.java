package dev.espalier.tuner.plan;

/** Numbers of threads. */
public final class Cores {
  private Cores() {}

  /** What a configured number of threads means: 0 is all cores. */
  public static int of(int configured) {
    return configured == 0 ? Runtime.getRuntime().availableProcessors() : configured;
  }
}
