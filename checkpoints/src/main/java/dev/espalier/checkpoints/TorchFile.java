package dev.espalier.checkpoints;

import dev.espalier.api.problem.ProblemException;
import dev.espalier.core.model.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * A {@code pytorch_model.bin} as {@code torch.save} writes it since PyTorch 1.6: a zip file without
 * compression that holds {@code data.pkl}, a pickled dictionary of tensors, and their bytes in
 * {@code data/KEY}. The pickle is read as data ({@link TensorPickle}); nothing in it is executed.
 *
 * <p>Entries must be stored as they are, so no more memory is asked for than the file has bytes,
 * but for narrow types that become float32; a tensor may not have more values than its storage.
 */
final class TorchFile implements NamedTensors {
  private static final int MAX_PICKLE = 64 << 20;
  private static final int CHUNK = 1 << 20;
  private static final int LEGACY_PICKLE = 0x80;

  private final Path file;
  private final ZipFile zip;
  private final String folder;
  private final SortedMap<String, TensorPickle.View> views;
  private final SortedMap<String, TensorInfo> infos = new TreeMap<>();

  private TorchFile(Path file, ZipFile zip) throws IOException {
    this.file = file;
    this.zip = zip;
    this.folder = folder();
    ZipEntry order = zip.getEntry(folder + "byteorder");
    if (order != null
        && !new String(bytes(order, 16), StandardCharsets.US_ASCII).equals("little")) {
      throw broken("its bytes are not little-endian", null);
    }
    ZipEntry pickle = zip.getEntry(folder + "data.pkl");
    this.views = TensorPickle.read(bytes(pickle, MAX_PICKLE));
    for (Map.Entry<String, TensorPickle.View> entry : views.entrySet()) {
      check(entry.getKey(), entry.getValue());
      infos.put(entry.getKey(), entry.getValue().info());
    }
  }

  /**
   * Opens {@code file} and reads its dictionary.
   *
   * @throws ProblemException of kind INPUT when it is missing, broken, of the format before PyTorch
   *     1.6, or holds anything but tensors
   */
  static TorchFile open(Path file) {
    if (!Files.isRegularFile(file)) {
      throw BrokenFile.missing(file, "there is no such file", null);
    }
    checkStart(file);
    @Nullable ZipFile zip = null;
    boolean opened = false;
    try {
      zip = new ZipFile(file.toFile());
      TorchFile torch = new TorchFile(file, zip);
      opened = true;
      return torch;
    } catch (TensorPickle.Refused e) {
      throw BrokenFile.file(
          file,
          "not a readable PyTorch file: " + e.getMessage(),
          "Only tensors are read from such a file. Save the model as model.safetensors.",
          e);
    } catch (IOException | IllegalArgumentException e) {
      throw broken(file, BrokenFile.reason(e), e);
    } finally {
      if (!opened && zip != null) {
        closeQuietly(zip);
      }
    }
  }

  private static void checkStart(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] start = in.readNBytes(BrokenFile.LFS_BYTES);
      BrokenFile.refuseLfsPointer(file, start);
      boolean isZip = start.length >= 2 && start[0] == 'P' && start[1] == 'K';
      boolean isPickle = start.length > 0 && (start[0] & 0xff) == LEGACY_PICKLE;
      if (isPickle) {
        throw BrokenFile.file(
            file,
            "is in the format that PyTorch wrote before version 1.6",
            "Load it in Python and save it again, best as model.safetensors.",
            null);
      }
      if (!isZip) {
        throw broken(file, "it is no zip file", null);
      }
    } catch (IOException e) {
      throw broken(file, BrokenFile.reason(e), e);
    }
  }

  /** The one folder at the top, whose name is that of the file when it was saved. */
  private String folder() {
    Enumeration<? extends ZipEntry> entries = zip.entries();
    @Nullable String found = null;
    while (entries.hasMoreElements()) {
      String name = entries.nextElement().getName();
      if (name.endsWith("/data.pkl") && name.indexOf('/') == name.length() - "/data.pkl".length()) {
        if (found != null) {
          throw broken("it has two pickles: " + found + "data.pkl and " + name, null);
        }
        found = name.substring(0, name.length() - "data.pkl".length());
      }
    }
    if (found == null) {
      throw broken("it has no data.pkl", null);
    }
    return found;
  }

  private void check(String name, TensorPickle.View view) throws IOException {
    ZipEntry entry = entry(view);
    if (entry == null) {
      throw broken(name + ": there is no storage " + view.storage(), null);
    }
    long bytes = view.info().type().bytes();
    long have = entry.getSize();
    if (entry.getMethod() != ZipEntry.STORED || have != entry.getCompressedSize()) {
      throw broken(name + ": its storage is compressed, which PyTorch never writes", null);
    }
    if (have > Files.size(file) || have < 0) {
      throw broken(name + ": its storage claims " + have + " bytes, more than the file", null);
    }
    long values = have / bytes;
    if (view.info().size() > values) {
      throw broken(
          name + " has " + view.info().size() + " values, but its storage only " + values, null);
    }
    if (view.end() > values) {
      throw broken(name + " ends at value " + view.end() + " of a storage of " + values, null);
    }
  }

  private @Nullable ZipEntry entry(TensorPickle.View view) {
    return zip.getEntry(folder + "data/" + view.storage());
  }

  private byte[] bytes(ZipEntry entry, int most) throws IOException {
    if (entry.getMethod() != ZipEntry.STORED) {
      throw broken(entry.getName() + " is compressed, which PyTorch never writes", null);
    }
    if (entry.getSize() > most) {
      throw broken(entry.getName() + " has " + entry.getSize() + " bytes", null);
    }
    try (InputStream in = zip.getInputStream(entry)) {
      byte[] bytes = in.readNBytes(most + 1);
      if (bytes.length > most) {
        throw broken(entry.getName() + " has more bytes than it says", null);
      }
      return bytes;
    }
  }

  @Override
  public SortedMap<String, TensorInfo> tensors() {
    return Collections.unmodifiableSortedMap(infos);
  }

  @Override
  public Path source() {
    return file;
  }

  @Override
  public Tensor read(String name) {
    TensorPickle.View view = views.get(name);
    if (view == null) {
      throw new IllegalArgumentException(file + " has no tensor " + name);
    }
    try {
      int[] shape = view.info().arrayShape(name);
      float[] span = span(name, view);
      return new Tensor(shape, view.isContiguous() ? span : gathered(span, shape, view.strides()));
    } catch (IOException | IllegalArgumentException | ArithmeticException e) {
      throw broken(BrokenFile.reason(e), e);
    }
  }

  /** The stored values from the view's first to its last. */
  private float[] span(String name, TensorPickle.View view) throws IOException {
    DataType type = view.info().type();
    float[] values = new float[Math.toIntExact(view.end() - view.offset())];
    try (InputStream in = zip.getInputStream(entry(view))) {
      in.skipNBytes(view.offset() * type.bytes());
      byte[] chunk = new byte[CHUNK];
      ByteBuffer buffer = ByteBuffer.wrap(chunk).order(ByteOrder.LITTLE_ENDIAN);
      int atOnce = CHUNK / type.bytes();
      for (int from = 0; from < values.length; from += atOnce) {
        int count = Math.min(atOnce, values.length - from);
        if (in.readNBytes(chunk, 0, count * type.bytes()) < count * type.bytes()) {
          throw broken(name + ": its storage is shorter than it says", null);
        }
        type.toFloats(buffer, values, from, count);
      }
    }
    return values;
  }

  /** The view's values in the order of its dimensions, whatever their order in the storage. */
  private static float[] gathered(float[] span, int[] shape, List<Long> strides) {
    int size = 1;
    for (int dimension : shape) {
      size = Math.multiplyExact(size, dimension);
    }
    float[] values = new float[size];
    int[] at = new int[shape.length];
    long position = 0;
    for (int i = 0; i < size; i++) {
      values[i] = span[Math.toIntExact(position)];
      for (int d = shape.length - 1; d >= 0; d--) {
        position += strides.get(d);
        if (++at[d] < shape[d]) {
          break;
        }
        position -= strides.get(d) * shape[d];
        at[d] = 0;
      }
    }
    return values;
  }

  @Override
  public void close() {
    closeQuietly(zip);
  }

  private static void closeQuietly(ZipFile zip) {
    try {
      zip.close();
    } catch (IOException unused) {
      // Nothing was written, so nothing is lost.
    }
  }

  private ProblemException broken(String why, @Nullable Throwable cause) {
    return broken(file, why, cause);
  }

  private static ProblemException broken(Path file, String why, @Nullable Throwable cause) {
    return BrokenFile.format(file, "PyTorch", why, cause);
  }
}
