package dev.espalier.archive;

import dev.espalier.archive.Entry.Kind;
import dev.espalier.archive.StoredTensor.Exact;
import dev.espalier.archive.StoredTensor.Int8;
import dev.espalier.core.files.AtomicFile;
import dev.espalier.core.files.Sha256;
import dev.espalier.core.model.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.zip.CRC32C;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/** Writes archives. Equal tensors and files make equal bytes, whatever the number of threads. */
public final class ArchiveWriter {
  private ArchiveWriter() {}

  /** An entry and its bytes; the entry's offset is not known yet. */
  @SuppressWarnings("ArrayRecordComponent") // a carrier of megabytes, never compared
  private record Part(Entry entry, byte[] payload) {}

  /** What makes the stored form of a tensor when it is its turn. */
  @FunctionalInterface
  public interface Source {
    /** The tensor; called once, on any thread. */
    StoredTensor get();
  }

  /**
   * Packs float32 weights by the usual rule, as a whole or not at all.
   *
   * @return the archive's size in bytes
   * @throws dev.espalier.api.problem.ProblemException of kind INPUT when a weight is not finite, of
   *     kind ENVIRONMENT when the file cannot be written
   */
  public static long pack(Path file, SortedMap<String, Tensor> weights) {
    SortedMap<String, Source> tensors = new TreeMap<>();
    weights.forEach((name, tensor) -> tensors.put(name, () -> Packing.DEFAULT.store(name, tensor)));
    List<Entry> entries =
        write(
            file,
            tensors,
            new TreeMap<>(),
            Packing.DEFAULT,
            Runtime.getRuntime().availableProcessors());
    return size(entries);
  }

  /**
   * Writes an archive as a whole or not at all.
   *
   * @param tensors by name
   * @param files what lies beside the weights, by a name without folder
   * @param packing says which int8 tensors are stored as sparse
   * @param threads how many tensors are coded at a time
   * @return the table, as {@link Archive#entries} will give it
   * @throws dev.espalier.api.problem.ProblemException of kind ENVIRONMENT when it cannot be written
   */
  public static List<Entry> write(
      Path file,
      SortedMap<String, Source> tensors,
      SortedMap<String, byte[]> files,
      Packing packing,
      int threads) {
    List<Callable<Part>> tasks = new ArrayList<>();
    tensors.forEach((name, source) -> tasks.add(() -> part(name, source.get(), packing)));
    files.forEach((name, content) -> tasks.add(() -> part(name, content)));
    List<Part> parts = Parallel.run(tasks, threads);
    long offset = Layout.PREFIX + (long) headerSize(parts);
    List<Part> placed = new ArrayList<>();
    for (Part part : parts) {
      placed.add(new Part(at(part.entry(), offset), part.payload()));
      offset += part.entry().length();
    }
    AtomicFile.write(
        file,
        out -> {
          MessageDigest digest = Sha256.digest();
          // Not closed: the stream below belongs to AtomicFile.
          DigestOutputStream hashed = new DigestOutputStream(out, digest);
          byte[] header = header(placed);
          hashed.write(prefix(header));
          hashed.write(header);
          for (Part part : placed) {
            hashed.write(part.payload());
          }
          out.write(digest.digest());
        });
    return placed.stream().map(Part::entry).toList();
  }

  /** The size in bytes of the archive with this table. */
  public static long size(List<Entry> entries) {
    long header = entries.stream().mapToLong(entry -> Layout.entrySize(entry)).sum();
    long payloads = entries.stream().mapToLong(Entry::length).sum();
    return Layout.PREFIX + header + payloads + Layout.SHA256;
  }

  private static Part part(String name, StoredTensor tensor, Packing packing) {
    if (tensor instanceof Exact exact) {
      return part(
          name,
          Kind.EXACT,
          exact.type(),
          false,
          exact.shape(),
          TensorCodec.encode(exact),
          exact.bytes());
    }
    Int8 int8 = (Int8) tensor;
    boolean sparse = packing.isSparse(int8);
    boolean perRow = int8.shape().length > 0 && int8.scales().length == int8.shape()[0];
    return part(
        name,
        sparse ? Kind.SPARSE : Kind.DENSE,
        ElementType.I8,
        perRow,
        int8.shape(),
        TensorCodec.encode(int8, sparse),
        int8.values());
  }

  private static Part part(String name, byte[] content) {
    if (!Layout.isFileName(name)) {
      throw new IllegalArgumentException(name + " is no name for a file in an archive");
    }
    return part(
        name,
        Kind.FILE,
        ElementType.U8,
        false,
        new int[] {content.length},
        deflate(content),
        content);
  }

  private static Part part(
      String name,
      Kind kind,
      ElementType type,
      boolean perRow,
      int[] shape,
      byte[] payload,
      byte[] values) {
    Entry entry =
        new Entry(name, kind, type, perRow, shape, 0, payload.length, crc(payload), crc(values));
    return new Part(entry, payload);
  }

  private static Entry at(Entry entry, long offset) {
    return new Entry(
        entry.name(),
        entry.kind(),
        entry.type(),
        entry.scalePerRow(),
        entry.shape(),
        offset,
        entry.length(),
        entry.payloadCrc(),
        entry.valuesCrc());
  }

  static int crc(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }

  private static byte[] deflate(byte[] content) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION);
    try (DeflaterOutputStream out = new DeflaterOutputStream(bytes, deflater)) {
      out.write(content);
    } catch (IOException e) {
      throw new IllegalStateException("memory does not fail", e);
    } finally {
      deflater.end();
    }
    return bytes.toByteArray();
  }

  private static int headerSize(List<Part> parts) {
    return parts.stream().mapToInt(part -> Layout.entrySize(part.entry())).sum();
  }

  private static byte[] prefix(byte[] header) {
    return ByteBuffer.allocate(Layout.PREFIX)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(Layout.magic())
        .putInt(Layout.VERSION)
        .putInt(header.length)
        .putInt(crc(header))
        .array();
  }

  private static byte[] header(List<Part> parts) {
    ByteBuffer header = ByteBuffer.allocate(headerSize(parts)).order(ByteOrder.LITTLE_ENDIAN);
    for (Part part : parts) {
      Layout.write(part.entry(), header);
    }
    return header.array();
  }
}
