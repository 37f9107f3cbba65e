package dev.espalier.core.files;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Temporary files and folders that this process has beside what it writes, so that a process that a
 * signal ends can take them away.
 */
public final class TemporaryPaths {
  private static final Set<Path> PATHS = ConcurrentHashMap.newKeySet();

  private TemporaryPaths() {}

  /** Remembers a path that is going to be made. */
  static void add(Path path) {
    PATHS.add(path);
  }

  /** Forgets a path, which is gone or has become something final. */
  static void forget(Path path) {
    PATHS.remove(path);
  }

  /**
   * Removes all that are there, as far as that is possible. For a process that ends now: whoever is
   * writing to one of them fails.
   */
  public static void removeAll() {
    for (Path path : PATHS) {
      try {
        Folders.delete(path);
      } catch (IOException e) {
        // The process ends; a hidden file stays.
      }
    }
  }
}
