package dev.espalier.core.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What is done with folders as a whole. */
public final class Folders {
  private Folders() {}

  /**
   * What is where a folder or one above it would have to be: the file, or the link that leads
   * nowhere. Empty when the folder is there or can be made.
   */
  public static Optional<Path> inTheWayOf(Path folder) {
    Path nearest = folder.toAbsolutePath().normalize();
    while (!Files.exists(nearest, LinkOption.NOFOLLOW_LINKS) && nearest.getParent() != null) {
      nearest = nearest.getParent();
    }
    return Files.isDirectory(nearest) ? Optional.empty() : Optional.of(nearest);
  }

  /** Removes a file, or a folder with all that is in it; nothing when there is none. */
  public static void delete(Path path) throws IOException {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    List<Path> all;
    try (Stream<Path> walked = Files.walk(path)) {
      all = walked.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path each : all) {
      Files.deleteIfExists(each);
    }
  }
}
