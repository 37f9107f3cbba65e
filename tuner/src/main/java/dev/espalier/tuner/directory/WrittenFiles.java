package dev.espalier.tuner.directory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The files that the finished stages of a run made, with the hash that the journal has of each.
 *
 * @param sha256 the hash by the path in the run directory
 */
public record WrittenFiles(Map<String, String> sha256) {
  /** What lines of a journal say, a later one before an earlier one. */
  public static WrittenFiles of(List<Journal.Line> lines) {
    Map<String, String> hashes = new LinkedHashMap<>();
    lines.forEach(line -> hashes.putAll(line.sha256()));
    return new WrittenFiles(hashes);
  }

  /** As {@link #check}; the model card is its owner's to edit. */
  public void checkButForCard(RunDirectory run) {
    Map<String, String> others = new LinkedHashMap<>(sha256);
    others.remove(RunFiles.CARD);
    new WrittenFiles(others).check(run);
  }

  /** Whether the model card is another one than the run wrote. */
  public boolean isCardEdited(RunDirectory run) {
    String written = sha256.get(RunFiles.CARD);
    return written != null
        && run.size(RunFiles.CARD) != null
        && !written.equals(run.hashes(RunFiles.CARD).get(RunFiles.CARD));
  }

  /**
   * Checks that every file that is there is the one that was written. A missing one is no problem
   * by itself: a search removes the models of trials that cannot win.
   *
   * @throws DamagedRun naming the first file that is another one
   */
  void check(RunDirectory run) {
    sha256.forEach(
        (file, hash) -> {
          Path path = run.resolve(file);
          if (Files.isDirectory(path)) {
            throw new DamagedRun(path, "this is a folder, and the run wrote a file", null);
          }
          if (run.size(file) != null && !hash.equals(run.hashes(file).get(file))) {
            throw new DamagedRun(
                path,
                "the file was changed after the run wrote it (SHA-256 differs from the journal's)"
                    + alsoCalled(run, file),
                null);
          }
        });
  }

  /**
   * The other names of a file: in runs of earlier versions what is in {@code best/} is the trial's
   * file by another name, so whoever edited the one edited both.
   */
  private String alsoCalled(RunDirectory run, String file) {
    List<String> names =
        sha256.keySet().stream()
            .filter(other -> !other.equals(file) && isSame(run.resolve(other), run.resolve(file)))
            .sorted()
            .toList();
    return names.isEmpty()
        ? ""
        : "; " + String.join(" and ", names) + " is another name of the same file";
  }

  private static boolean isSame(Path one, Path other) {
    try {
      return Files.exists(one) && Files.isSameFile(one, other);
    } catch (IOException e) {
      return false; // only the message says less
    }
  }
}
