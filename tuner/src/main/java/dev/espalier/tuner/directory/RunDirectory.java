package dev.espalier.tuner.directory;

import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.core.files.Folders;
import dev.espalier.core.files.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The folder of one run. Whatever has its final name in it is complete: files and folders are made
 * under another name first, synced, and renamed.
 */
public final class RunDirectory implements AutoCloseable {
  /** Every value of the configuration. */
  public static final String CONFIGURATION = "config.resolved.yaml";

  /** Where the run ran, and what it was made from. */
  public static final String ENVIRONMENT = "environment.json";

  private static final String LOCK = ".lock";
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");
  private static final int MOST_RUNS_A_SECOND = 10_000;

  /** Makes something at a path. */
  @FunctionalInterface
  public interface Maker<T> {
    /** Makes the file or fills the folder {@code path}. */
    public T make(Path path) throws IOException;
  }

  private final Path path;
  private final Disk disk;
  private @Nullable FileChannel lock;

  private RunDirectory(Path path, Disk disk) {
    this.path = path;
    this.disk = disk;
  }

  /**
   * Makes a new folder {@code workspace/name/time}, with a number behind the time when another run
   * began in the same second.
   *
   * @throws ProblemException of kind ENVIRONMENT when it cannot be made
   */
  public static RunDirectory create(Path workspace, String name, ZonedDateTime time, Disk disk) {
    Path parent = workspace.resolve(name);
    String stamp = TIME.format(time);
    try {
      Files.createDirectories(parent);
      for (int n = 1; n <= MOST_RUNS_A_SECOND; n++) {
        Path candidate = parent.resolve(n == 1 ? stamp : stamp + "-" + n);
        try {
          RunDirectory run = new RunDirectory(Files.createDirectory(candidate), disk);
          run.lock();
          return run;
        } catch (FileAlreadyExistsException e) {
          // another run has it
        }
      }
      throw new IOException("all names are taken");
    } catch (IOException e) {
      throw DiskProblems.of(e, parent, 0, -1);
    }
  }

  /**
   * Opens the folder of a run that ended early, and takes away what it had half made.
   *
   * @throws ProblemException of kind INPUT when {@code path} is no such folder, or of kind
   *     ENVIRONMENT when another process works in it
   */
  public static RunDirectory open(Path path, Disk disk) {
    RunDirectory run = look(path, disk);
    run.lock();
    run.removeDrafts();
    return run;
  }

  /**
   * Opens the folder of a run for reading alone: nothing in it changes, and another process may
   * work in it.
   *
   * @throws ProblemException of kind INPUT when {@code path} is no such folder
   */
  public static RunDirectory look(Path path, Disk disk) {
    RunDirectory run = new RunDirectory(path.toAbsolutePath().normalize(), disk);
    for (String name : List.of(Journal.FILE, CONFIGURATION, ENVIRONMENT)) {
      Path file = run.resolve(name);
      if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
        throw ProblemException.of(
            ProblemKind.INPUT,
            path + ": no run to resume, " + name + instead(file),
            "Check the path. A run that ended before it had a journal has nothing to resume; start"
                + " it anew.");
      }
    }
    return run;
  }

  /** What there is in place of a file that a run wrote, as the end of a sentence. */
  static String instead(Path file) {
    return Files.isSymbolicLink(file)
        ? " is a symbolic link"
        : Files.isDirectory(file) ? " is a folder, not a file" : " is missing";
  }

  /**
   * Keeps other processes out until this one ends or {@link #close}s.
   *
   * @throws ProblemException of kind ENVIRONMENT when another one is in, of kind INPUT when the
   *     lock is nothing that a run makes
   */
  private void lock() {
    FileChannel channel = null;
    try {
      channel =
          FileChannel.open(
              resolve(LOCK),
              Set.of(
                  StandardOpenOption.CREATE,
                  StandardOpenOption.READ,
                  StandardOpenOption.WRITE,
                  LinkOption.NOFOLLOW_LINKS));
      FileLock held = channel.tryLock();
      if (held != null) {
        channel.truncate(0);
        channel.write(
            ByteBuffer.wrap(
                Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.UTF_8)));
        lock = channel;
        return;
      }
      channel.close();
    } catch (OverlappingFileLockException e) {
      closeQuietly(channel);
    } catch (IOException e) {
      if (Files.isSymbolicLink(resolve(LOCK)) || Files.isDirectory(resolve(LOCK))) {
        throw new ProblemException(
            ProblemException.of(
                    ProblemKind.INPUT,
                    resolve(LOCK) + instead(resolve(LOCK)) + ", which no run makes",
                    "Remove it; nothing in it or behind it was changed.")
                .problems(),
            e);
      }
      throw DiskProblems.of(e, resolve(LOCK), 0, -1);
    }
    throw ProblemException.of(
        ProblemKind.ENVIRONMENT,
        path + ": another process" + owner() + " works in this run directory",
        "Wait until it has ended, or end it.");
  }

  private String owner() {
    try {
      String pid = Files.readString(resolve(LOCK)).strip();
      return pid.matches("[0-9]{1,10}") ? " (" + pid + ")" : "";
    } catch (IOException e) {
      return "";
    }
  }

  /** Lets other processes in. */
  @Override
  public void close() {
    closeQuietly(lock);
  }

  private static void closeQuietly(@Nullable FileChannel channel) {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      // The lock ends with the process at the latest.
    }
  }

  private void removeDrafts() {
    try (Stream<Path> all = Files.walk(path)) {
      List<Path> drafts =
          all.filter(file -> file.getFileName().toString().matches("\\..+\\.(partial-\\d+|tmp)"))
              .toList();
      for (Path draft : drafts) {
        Folders.delete(draft); // nothing happens where a draft was in another one
      }
    } catch (IOException e) {
      throw DiskProblems.of(e, path, 0, -1);
    }
  }

  /**
   * Checks that {@code workspace} can be written to and has room, making it when it is not there.
   *
   * @throws ProblemException of kind ENVIRONMENT when it cannot or has not
   */
  public static void check(Path workspace, long neededBytes, Disk disk) {
    try {
      Files.createDirectories(workspace);
      Files.delete(Files.createTempFile(workspace, ".espalier", ".probe"));
      long free = disk.usableBytes(workspace);
      if (free < neededBytes) {
        throw DiskProblems.tooLittle(workspace, neededBytes, free);
      }
    } catch (IOException e) {
      throw DiskProblems.of(e, workspace, 0, -1);
    }
  }

  /** The folder. */
  public Path path() {
    return path;
  }

  /** A place in the folder. */
  public Path resolve(String relative) {
    return path.resolve(relative);
  }

  /** A folder in the folder, made when it is not there. */
  public Path folder(String relative) {
    return problems(relative, 0, Files::createDirectories);
  }

  /** A path in the folder as journal and results write it: relative, with slashes. */
  public String relative(Path file) {
    return path.relativize(file).toString().replace('\\', '/');
  }

  /** The content of a file that the run wrote. */
  public byte[] read(String relative) {
    Path file = path.resolve(relative);
    try {
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new DamagedRun(file, "the file is missing; a finished stage wrote it", e);
    } catch (IOException e) {
      throw DamagedRun.unreadable(file, e);
    }
  }

  /**
   * The hash of a file, or of each file in a folder, by its path in the run directory.
   *
   * @throws DamagedRun when one cannot be read
   */
  SortedMap<String, String> hashes(String relative) {
    Path start = path.resolve(relative);
    SortedMap<String, String> hashes = new TreeMap<>();
    try (Stream<Path> all = Files.walk(start)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        hashes.put(relative(file), Sha256.of(file));
      }
    } catch (UncheckedIOException e) {
      throw DamagedRun.unreadable(start, e.getCause());
    } catch (IOException e) {
      throw DamagedRun.unreadable(start, e);
    }
    return hashes;
  }

  /** The bytes of a file, or null when it is not there. */
  public @Nullable Long size(String relative) {
    try {
      return Files.size(path.resolve(relative));
    } catch (IOException e) {
      return null;
    }
  }

  /** Cuts a file after {@code bytes} bytes. */
  void truncate(String relative, long bytes) {
    problems(
        relative,
        0,
        file -> {
          disk.truncate(file, bytes);
          return file;
        });
  }

  /** Writes a text file as a whole or not at all, replacing one that is there. */
  public Path write(String relative, String content) {
    byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
    return problems(
        relative,
        bytes.length,
        file -> {
          Path draft = draft(file);
          try {
            disk.write(draft, bytes);
            disk.publish(draft, file);
          } finally {
            Files.deleteIfExists(draft);
          }
          return file;
        });
  }

  /** Appends a line to a text file and waits until it is on the disk. */
  void append(String relative, String line) {
    byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
    problems(
        relative,
        bytes.length,
        file -> {
          disk.append(file, bytes);
          return file;
        });
  }

  /**
   * Lets {@code maker} make a file, which gets its name once it is complete.
   *
   * <p>The maker works in a folder of its own, under the file's final name, because some tools put
   * the name or its ending into what they write.
   */
  public <T> T make(String relative, Maker<T> maker) {
    return problems(
        relative,
        0,
        file -> {
          Path workshop = draft(file);
          Files.createDirectory(workshop);
          try {
            Path made = workshop.resolve(file.getFileName());
            T result = maker.make(made);
            disk.sync(made);
            disk.publish(made, file);
            return result;
          } finally {
            Folders.delete(workshop);
          }
        });
  }

  /**
   * Lets {@code maker} fill a folder, which gets its name once it is complete. A folder that has
   * the name stays until then.
   */
  public void assemble(String relative, Maker<?> maker) {
    problems(
        relative,
        0,
        folder -> {
          Path draft = draft(folder);
          Files.createDirectory(draft);
          try {
            Object unused = maker.make(draft);
            for (Path file : list(draft)) {
              if (Files.isRegularFile(file)) {
                disk.sync(file);
              }
            }
            discard(relative);
            disk.publish(draft, folder);
          } finally {
            Folders.delete(draft);
          }
          return folder;
        });
  }

  /** Removes a folder with all that is in it, if it is there. */
  public void discard(String relative) {
    problems(
        relative,
        0,
        folder -> {
          if (Files.exists(folder)) {
            // Renamed first: a folder that is half gone must not keep its name.
            Path gone =
                folder.resolveSibling(
                    "." + folder.getFileName() + "-gone.partial-" + ProcessHandle.current().pid());
            disk.publish(folder, gone);
            Folders.delete(gone);
          }
          return folder;
        });
  }

  /**
   * Removes from a folder all but what stages found out; a folder that is not there has nothing.
   */
  public void thin(String relative) {
    if (!Files.isDirectory(path.resolve(relative))) {
      return;
    }
    List<Path> all = problems(relative, 0, RunDirectory::list);
    all.stream()
        .map(file -> relative + "/" + file.getFileName())
        .filter(name -> !name.endsWith(".json"))
        .forEach(this::discard);
  }

  private <T> T problems(String relative, long neededBytes, Maker<T> maker) {
    Path file = path.resolve(relative);
    try {
      Files.createDirectories(file.getParent());
      return maker.make(file);
    } catch (UncheckedIOException e) {
      throw DiskProblems.of(e.getCause(), file, neededBytes, freeBytes());
    } catch (IOException e) {
      throw DiskProblems.of(e, file, neededBytes, freeBytes());
    }
  }

  private long freeBytes() {
    try {
      return disk.usableBytes(path);
    } catch (IOException e) {
      return -1;
    }
  }

  private static Path draft(Path file) {
    return file.resolveSibling(
        "." + file.getFileName() + ".partial-" + ProcessHandle.current().pid());
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }
}
