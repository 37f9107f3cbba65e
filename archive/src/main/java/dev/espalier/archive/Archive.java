package dev.espalier.archive;

import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.archive.Entry.Kind;
import dev.espalier.archive.StoredTensor.Exact;
import dev.espalier.archive.StoredTensor.Int8;
import dev.espalier.core.files.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * An archive, read. Every archive is taken as hostile: its checksums are compared when it is
 * opened, no size is believed before it was compared with the file's, and what decodes to other
 * values than were written is refused.
 */
public final class Archive implements AutoCloseable {
  private static final int CHUNK = 1 << 16;

  private final Path file;
  private final FileChannel channel;
  private final List<Entry> entries;

  private Archive(Path file, FileChannel channel) throws IOException, MalformedException {
    this.file = file;
    this.channel = channel;
    long size = channel.size();
    if (size < Layout.PREFIX + Layout.SHA256) {
      throw new MalformedException("it has " + size + " bytes, fewer than any archive");
    }
    ByteBuffer prefix = ByteBuffer.wrap(read(0, Layout.PREFIX)).order(ByteOrder.LITTLE_ENDIAN);
    byte[] magic = new byte[Layout.magic().length];
    prefix.get(magic);
    if (!Arrays.equals(magic, Layout.magic())) {
      throw new MalformedException("it does not begin like one");
    }
    int version = prefix.getInt();
    if (version != Layout.VERSION) {
      throw new MalformedException(
          "it has version "
              + Integer.toUnsignedString(version)
              + " of the format, this Espalier reads version "
              + Layout.VERSION);
    }
    long table = prefix.getInt() & 0xffff_ffffL;
    if (table > Math.min(Layout.LONGEST_TABLE, size - Layout.PREFIX - Layout.SHA256)) {
      throw new MalformedException("it claims a table of " + table + " bytes");
    }
    int crc = prefix.getInt();
    checkDigest(size - Layout.SHA256);
    byte[] header = read(Layout.PREFIX, (int) table);
    if (ArchiveWriter.crc(header) != crc) {
      throw new MalformedException("its table does not have the checksum that it should");
    }
    entries =
        List.copyOf(
            Layout.read(
                ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN),
                size - Layout.PREFIX - table - Layout.SHA256));
  }

  /**
   * Opens an archive and checks table and SHA-256.
   *
   * @throws ProblemException of kind INPUT when it is missing or broken
   */
  public static Archive open(Path file) {
    @Nullable FileChannel channel = null;
    boolean opened = false;
    try {
      channel = FileChannel.open(file, StandardOpenOption.READ);
      Archive archive = new Archive(file, channel);
      opened = true;
      return archive;
    } catch (NoSuchFileException e) {
      throw problem(file, ProblemCode.MISSING_FILE, "there is no such file", e);
    } catch (MalformedException e) {
      throw broken(file, String.valueOf(e.getMessage()), e);
    } catch (IOException e) {
      throw broken(file, Files.isDirectory(file) ? "it is a folder" : e.toString(), e);
    } finally {
      if (!opened && channel != null) {
        close(channel);
      }
    }
  }

  /** The table, in the file's order. */
  public List<Entry> entries() {
    return entries;
  }

  /** The file's size in bytes. */
  public long size() {
    return ArchiveWriter.size(entries);
  }

  /**
   * Reads a tensor.
   *
   * @throws ProblemException of kind INPUT when it is broken, of kind ENVIRONMENT when Java's heap
   *     is too small for it
   * @throws IllegalArgumentException when the entry is a file's
   */
  public StoredTensor tensor(Entry entry) {
    checkRoom(entry.valueBytes());
    byte[] payload = payload(entry);
    try {
      StoredTensor tensor =
          switch (entry.kind()) {
            case EXACT -> TensorCodec.decodeExact(entry.type(), entry.shape(), payload);
            case DENSE, SPARSE ->
                TensorCodec.decodeInt8(
                    entry.shape(), entry.scalePerRow(), entry.kind() == Kind.SPARSE, payload);
            case FILE -> throw new IllegalArgumentException(entry.name() + " is no tensor");
          };
      check(entry, tensor instanceof Int8 int8 ? int8.values() : ((Exact) tensor).bytes());
      return tensor;
    } catch (MalformedException e) {
      throw broken(file, entry.name() + ": " + e.getMessage(), e);
    }
  }

  /**
   * Reads a file that was packed beside the weights.
   *
   * @throws ProblemException of kind INPUT when it is broken, of kind ENVIRONMENT when Java's heap
   *     is too small for it
   * @throws IllegalArgumentException when the entry is a tensor's
   */
  public byte[] content(Entry entry) {
    if (entry.kind() != Kind.FILE) {
      throw new IllegalArgumentException(entry.name() + " is no file");
    }
    checkRoom(entry.size());
    byte[] content = new byte[entry.size()];
    Inflater inflater = new Inflater();
    try {
      inflater.setInput(payload(entry));
      int done = 0;
      while (done < content.length) {
        int more = inflater.inflate(content, done, content.length - done);
        if (more == 0) {
          throw new MalformedException("it is shorter than the table says");
        }
        done += more;
      }
      check(entry, content);
      return content;
    } catch (MalformedException | DataFormatException e) {
      throw broken(file, entry.name() + ": " + e.getMessage(), e);
    } finally {
      inflater.end();
    }
  }

  /**
   * Reads all tensors, several at a time.
   *
   * @throws ProblemException of kind INPUT when one is broken, of kind ENVIRONMENT when Java's heap
   *     is too small for them all
   */
  public SortedMap<String, StoredTensor> tensors(int threads) {
    checkRoom(
        entries.stream()
            .filter(entry -> entry.kind() != Kind.FILE)
            .mapToLong(Entry::valueBytes)
            .sum());
    // The large ones first, so that no core waits for one that came last.
    List<Entry> inOrder =
        entries.stream()
            .filter(entry -> entry.kind() != Kind.FILE)
            .sorted(Comparator.comparingInt(Entry::length).reversed())
            .toList();
    List<Callable<StoredTensor>> tasks = new ArrayList<>();
    inOrder.forEach(entry -> tasks.add(() -> tensor(entry)));
    List<StoredTensor> read = Parallel.run(tasks, threads);
    SortedMap<String, StoredTensor> tensors = new TreeMap<>();
    for (int i = 0; i < read.size(); i++) {
      tensors.put(inOrder.get(i).name(), read.get(i));
    }
    return tensors;
  }

  private void checkRoom(long bytes) {
    long most = Runtime.getRuntime().maxMemory() / 4 * 3;
    if (bytes > most) {
      throw problem(
          file,
          ProblemKind.ENVIRONMENT,
          ProblemCode.ENVIRONMENT,
          "its tensors take " + bytes + " bytes, and Java's heap has room for " + most,
          "Give Java a larger heap: ESPALIER_JAVA_OPTS=-Xmx8g, for instance.",
          null);
    }
  }

  @Override
  public void close() {
    close(channel);
  }

  private static void close(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException unused) {
      // Nothing was written, so nothing is lost.
    }
  }

  private byte[] payload(Entry entry) {
    try {
      byte[] payload = read(entry.offset(), entry.length());
      if (ArchiveWriter.crc(payload) != entry.payloadCrc()) {
        throw new MalformedException("its payload does not have the checksum that it should");
      }
      return payload;
    } catch (MalformedException e) {
      throw broken(file, entry.name() + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw broken(file, entry.name() + ": " + e, e);
    }
  }

  private static void check(Entry entry, byte[] values) throws MalformedException {
    if (ArchiveWriter.crc(values) != entry.valuesCrc()) {
      throw new MalformedException("it decodes to other values than were packed");
    }
  }

  private void checkDigest(long end) throws IOException, MalformedException {
    MessageDigest digest = Sha256.digest();
    for (long position = 0; position < end; position += CHUNK) {
      digest.update(read(position, (int) Math.min(CHUNK, end - position)));
    }
    if (!MessageDigest.isEqual(digest.digest(), read(end, Layout.SHA256))) {
      throw new MalformedException("it does not have the SHA-256 that it ends with");
    }
  }

  private byte[] read(long position, int size) throws IOException, MalformedException {
    byte[] bytes = new byte[size];
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, position + buffer.position()) < 0) {
        throw new MalformedException("it became shorter while it was read");
      }
    }
    return bytes;
  }

  private static ProblemException broken(Path file, String why, Throwable cause) {
    return problem(file, ProblemCode.BAD_DATA, "not a readable Espalier archive: " + why, cause);
  }

  private static ProblemException problem(
      Path file, ProblemCode code, String message, Throwable cause) {
    return problem(file, ProblemKind.INPUT, code, message, null, cause);
  }

  private static ProblemException problem(
      Path file,
      ProblemKind kind,
      ProblemCode code,
      String message,
      @Nullable String advice,
      @Nullable Throwable cause) {
    return new ProblemException(
        List.of(new Problem(kind, code, Location.ofFile(file.toString()), message, advice)), cause);
  }
}
