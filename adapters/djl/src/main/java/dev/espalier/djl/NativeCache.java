package dev.espalier.djl;

import ai.djl.util.ClassLoaderUtils;
import ai.djl.util.Platform;
import ai.djl.util.Utils;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.core.files.Folders;
import java.io.IOException;
import java.net.URL;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The folder that DJL unpacks its native libraries to, once, and loads them from at every start:
 * {@code DJL_CACHE_DIR}, by default {@code ~/.djl.ai}.
 *
 * <p>DJL unpacks to a temporary folder, renames it, and from then on takes for whole what is there.
 * A full disk, a power failure or a tool that removes old files may leave less, and loading a
 * truncated library ends the process by a signal. So the sizes are compared with those in the jars,
 * before anything is loaded; what differs is discarded, and DJL unpacks it again.
 */
public final class NativeCache {
  /**
   * An unpacking takes seconds; the temporary folder of one that was killed is never used again.
   */
  private static final Duration ABANDONED = Duration.ofHours(1);

  private NativeCache() {}

  /**
   * A library's files.
   *
   * @param name what problems call it
   * @param folder where they are unpacked to
   * @param files all that the jar holds
   */
  record Library(String name, Path folder, List<NativeFile> files) {
    long size() {
      return files.stream().mapToLong(NativeFile::size).sum();
    }

    boolean isWhole() throws IOException {
      for (NativeFile file : files) {
        Path unpacked = folder.resolve(file.name());
        boolean whole =
            Files.exists(unpacked) ? Files.size(unpacked) == file.size() : file.unpackedLater();
        if (!whole) {
          return false;
        }
      }
      return true;
    }
  }

  /**
   * One of a library's files.
   *
   * @param name its name in the folder
   * @param size in bytes
   * @param unpackedLater whether the folder may be without it, since it is unpacked on its own
   */
  record NativeFile(String name, long size, boolean unpackedLater) {}

  /**
   * Discards incomplete libraries, and checks that there is room to unpack those that are missing.
   *
   * @throws ProblemException of kind ENVIRONMENT where neither is possible
   */
  public static void prepare() {
    prepare(libraries());
  }

  static void prepare(List<Library> libraries) {
    List<Problem> problems = new ArrayList<>();
    for (Library library : libraries) {
      try {
        prepare(library).ifPresent(problems::add);
      } catch (IOException e) {
        problems.add(
            problem(
                library.folder()
                    + ": the unpacked "
                    + library.name()
                    + " library is incomplete or cannot be read, and cannot be replaced: "
                    + e,
                "Remove the folder, or set DJL_CACHE_DIR to another one."));
      }
    }
    if (!problems.isEmpty()) {
      throw new ProblemException(problems);
    }
  }

  private static Optional<Problem> prepare(Library library) throws IOException {
    removeAbandoned(library.folder().toAbsolutePath().getParent());
    if (Files.isDirectory(library.folder())) {
      if (library.isWhole()) {
        return Optional.empty();
      }
      discard(library);
    }
    return room(library);
  }

  private static Optional<Problem> room(Library library) throws IOException {
    Path parent = library.folder().toAbsolutePath().getParent();
    try {
      Files.createDirectories(parent);
    } catch (IOException e) {
      return Optional.of(cannotWrite(parent));
    }
    if (!Files.isWritable(parent)) {
      return Optional.of(cannotWrite(parent));
    }
    long room = Files.getFileStore(parent).getUsableSpace();
    if (room >= library.size()) {
      return Optional.empty();
    }
    return Optional.of(
        problem(
            "%s: unpacking the %s library takes %s, and %s are free"
                .formatted(parent, library.name(), megabytes(library.size()), megabytes(room)),
            "Free disk space, or set DJL_CACHE_DIR to a folder with more."));
  }

  private static Problem cannotWrite(Path parent) {
    return problem(
        parent + ": native libraries are unpacked there, and it cannot be written",
        "Set DJL_CACHE_DIR to a folder that can.");
  }

  private static Problem problem(String message, String advice) {
    return new Problem(ProblemKind.ENVIRONMENT, null, message, advice);
  }

  private static String megabytes(long bytes) {
    return bytes / 1_000_000 + " MB";
  }

  /** Several processes may start at once: what one of them has unpacked anew must stay. */
  private static synchronized void discard(Library library) throws IOException {
    Path parent = library.folder().toAbsolutePath().getParent();
    try (FileChannel channel =
            FileChannel.open(
                parent.resolve("espalier.lock"),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        FileLock lock = channel.lock()) {
      if (lock.isValid() && Files.isDirectory(library.folder()) && !library.isWhole()) {
        Path discarded = Files.createTempDirectory(parent, "tmp");
        Files.move(library.folder(), discarded.resolve("discarded"));
        Folders.delete(discarded);
      }
    }
  }

  /** Up to 450 MB each. That one cannot be removed is no reason not to start. */
  private static void removeAbandoned(Path parent) {
    if (!Files.isDirectory(parent)) {
      return;
    }
    Instant latest = Instant.now().minus(ABANDONED);
    try (Stream<Path> entries = Files.list(parent)) {
      for (Path entry : entries.toList()) {
        if (entry.getFileName().toString().matches("tmp\\d+")
            && Files.isDirectory(entry)
            && changed(entry).isBefore(latest)) {
          Folders.delete(entry);
        }
      }
    } catch (IOException e) {
      // Another process may have removed it, or another user may own it.
    }
  }

  private static Instant changed(Path folder) throws IOException {
    Instant changed = Instant.MIN;
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.toList()) {
        Instant time = Files.getLastModifiedTime(file).toInstant();
        changed = time.isAfter(changed) ? time : changed;
      }
    }
    return changed;
  }

  /** What DJL unpacks on this machine. */
  static List<Library> libraries() {
    return Stream.of(pytorch(), tokenizers()).flatMap(Optional::stream).toList();
  }

  private static Optional<Library> pytorch() {
    if (Utils.getEnvOrSystemProperty("PYTORCH_LIBRARY_PATH") != null) {
      return Optional.empty();
    }
    return library(
        "PyTorch",
        "pytorch",
        platform -> {
          String where = platform.getFlavor() + "/" + platform.getClassifier() + "/";
          List<NativeFile> files = new ArrayList<>();
          for (String name : platform.getLibraries()) {
            files.add(file(name, "pytorch/" + where + name, false));
          }
          String jni = System.mapLibraryName("djl_torch");
          String resource =
              "jnilib/" + platform.getClassifier() + "/" + platform.getFlavor() + "/" + jni;
          files.add(file(platform.getApiVersion() + "-" + jni, resource, true));
          return files;
        });
  }

  private static Optional<Library> tokenizers() {
    if (Utils.getEnvOrSystemProperty("RUST_LIBRARY_PATH") != null) {
      return Optional.empty();
    }
    String name = System.mapLibraryName("tokenizers");
    return library(
        "tokenizers",
        "tokenizers",
        platform ->
            List.of(file(name, "native/lib/" + platform.getClassifier() + "/cpu/" + name, false)));
  }

  @FunctionalInterface
  private interface Contents {
    List<NativeFile> of(Platform platform) throws IOException;
  }

  private static Optional<Library> library(String name, String engine, Contents files) {
    try {
      if (ClassLoaderUtils.getResource("native/lib/" + engine + ".properties") == null) {
        return Optional.empty();
      }
      Platform platform = Platform.detectPlatform(engine);
      Path folder =
          Utils.getEngineCacheDir(engine)
              .resolve(
                  String.join(
                      "-", platform.getVersion(), platform.getFlavor(), platform.getClassifier()));
      return Optional.of(new Library(name, folder, files.of(platform)));
    } catch (IOException | RuntimeException e) {
      // There is no such library for this machine, which DJL says when it is to be loaded.
      return Optional.empty();
    }
  }

  private static NativeFile file(String name, String resource, boolean unpackedLater)
      throws IOException {
    @Nullable URL url = ClassLoaderUtils.getResource(resource);
    if (url == null) {
      throw new IOException("there is no " + resource);
    }
    return new NativeFile(name, url.openConnection().getContentLengthLong(), unpackedLater);
  }
}
