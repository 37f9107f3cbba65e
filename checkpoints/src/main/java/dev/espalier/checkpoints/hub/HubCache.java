package dev.espalier.checkpoints.hub;

import dev.espalier.core.files.AtomicFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * One repository's folder in the hub's cache.
 *
 * <pre>
 * models--org--name/refs/main                  the commit that a branch was at
 * models--org--name/blobs/HASH                 a file's content
 * models--org--name/snapshots/COMMIT/NAME      a link to it, or a copy where links cannot be made
 * </pre>
 */
final class HubCache {
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");
  private static final long LOCK_PAUSE_MILLIS = 50;

  private final Path root;
  private final String name;
  private final Path folder;

  HubCache(Path root, HubReference reference) {
    this.root = root;
    this.name = reference.folder();
    this.folder = root.resolve(name);
  }

  /** The commit that a revision stands for, as far as is known without asking. */
  Optional<String> commit(String revision) {
    if (COMMIT.matcher(revision).matches()) {
      return Optional.of(revision);
    }
    try {
      Path ref = folder.resolve("refs").resolve(revision);
      return Files.isRegularFile(ref)
          ? Optional.of(Files.readString(ref).strip()).filter(c -> COMMIT.matcher(c).matches())
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Remembers which commit a branch or tag stands for. */
  void remember(String revision, String commit) {
    if (!COMMIT.matcher(revision).matches()) {
      AtomicFile.write(
          folder.resolve("refs").resolve(revision),
          out -> out.write(commit.getBytes(StandardCharsets.US_ASCII)));
    }
  }

  /** Where a commit's files are; the folder may be missing. */
  Path snapshot(String commit) {
    return folder.resolve("snapshots").resolve(commit);
  }

  /** Whether a commit's file is there. */
  boolean has(String commit, String file) {
    return Files.isRegularFile(snapshot(commit).resolve(file));
  }

  /** Where a content is, or will be. */
  Path blob(String hash) {
    return folder.resolve("blobs").resolve(hash);
  }

  /** Makes a commit's file of a content that is there. */
  void link(String commit, String file, String hash) throws IOException {
    Path target = snapshot(commit).resolve(file);
    if (Files.exists(target)) {
      return;
    }
    Files.createDirectories(target.getParent());
    try {
      Files.deleteIfExists(target); // a link that leads nowhere
      Path relative = target.getParent().relativize(blob(hash));
      Path unused = Files.createSymbolicLink(target, relative);
    } catch (FileAlreadyExistsException e) {
      // another process was faster
    } catch (UnsupportedOperationException | IOException e) {
      Path temporary = target.resolveSibling(target.getFileName() + ".copy");
      Files.copy(blob(hash), temporary, StandardCopyOption.REPLACE_EXISTING);
      Files.move(temporary, target, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** What happens while no other process fetches the same content. */
  interface Guarded {
    void run() throws IOException;
  }

  /** Waits until no other process, and no other thread of this one, fetches the same content. */
  void exclusively(String hash, Guarded action) throws IOException {
    Path lock = root.resolve(".locks").resolve(name).resolve(hash + ".lock");
    Files.createDirectories(lock.getParent());
    try (FileChannel channel =
        FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      FileLock held = lock(channel);
      action.run();
      held.release(); // closing the channel does it, too, when the action fails
    }
  }

  private static FileLock lock(FileChannel channel) throws IOException {
    while (true) {
      try {
        return channel.lock();
      } catch (OverlappingFileLockException otherThread) {
        try {
          Thread.sleep(LOCK_PAUSE_MILLIS);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new UncheckedIOException(new IOException("interrupted", e));
        }
      }
    }
  }
}
