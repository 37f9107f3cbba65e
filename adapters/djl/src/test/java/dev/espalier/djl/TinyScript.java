package dev.espalier.djl;

import dev.espalier.core.model.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes TorchScript files without PyTorch: a zip with the program in TorchScript's Python, a
 * pickle of the module tree, and the parameters' values.
 *
 * <p>The model is no transformer: embeddings, a convolution over the tokens, dropout, the mean over
 * what is no padding, and a linear layer.
 */
public final class TinyScript {
  public static final int VOCABULARY = 50;
  public static final int WIDTH = 8;
  public static final int CHANNELS = 12;

  /** The program that most tests run; {@code %s} are the arguments of forward, and dropout. */
  private static final String FORWARD =
      """
        def forward(self: __torch__.Tiny, %s) -> Tensor:
          mask = torch.to(torch.unsqueeze(attention_mask, -1), 6)
          words = torch.mul(torch.embedding(self.embeddings.weight, input_ids), mask)
          rows = torch.transpose(words, 1, 2)
          filters = self.conv
          wide = torch.relu(torch.conv1d(rows, filters.weight, filters.bias, [1], [1], [1], 1))
          kept = torch.dropout(torch.transpose(wide, 1, 2), %s, self.training)
          total = torch.sum(torch.mul(kept, mask), [1])
          mean = torch.div(total, torch.sum(mask, [1]))
          return torch.linear(mean, self.out.weight, self.out.bias)
      """;

  private final ByteArrayOutputStream pickle = new ByteArrayOutputStream();
  private final List<float[]> storages = new ArrayList<>();
  private final Map<String, Integer> remembered = new LinkedHashMap<>();

  private TinyScript() {}

  /** A classifier that takes ids and mask. */
  public static Path classifier(Path file, int classes, long seed) {
    return write(file, parameters(classes, seed), Map.of(), forward("input_ids", "attention_mask"));
  }

  /** The method for these arguments: each a name, or a declaration. */
  static String forward(String... arguments) {
    return forward(0.1, arguments);
  }

  /** The same with another rate of dropout. */
  static String forward(double dropout, String... arguments) {
    List<String> declared = new ArrayList<>();
    for (String argument : arguments) {
      declared.add(argument.contains(":") ? argument : argument + ": Tensor");
    }
    return FORWARD.formatted(String.join(",\n    ", declared), dropout);
  }

  /** Random values of every parameter, by name. */
  static SortedMap<String, Tensor> parameters(int classes, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    SortedMap<String, Tensor> tensors = new TreeMap<>();
    tensors.put("embeddings.weight", tensor(random, 1, VOCABULARY, WIDTH));
    tensors.put("conv.weight", tensor(random, 0.3, CHANNELS, WIDTH, 3));
    tensors.put("conv.bias", tensor(random, 0.1, CHANNELS));
    tensors.put("out.weight", tensor(random, 0.3, classes, CHANNELS));
    tensors.put("out.bias", tensor(random, 0.1, classes));
    return tensors;
  }

  private static Tensor tensor(SplittableRandom random, double deviation, int... shape) {
    int size = 1;
    for (int dimension : shape) {
      size *= dimension;
    }
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) (deviation * random.nextGaussian());
    }
    return new Tensor(shape, values);
  }

  /**
   * Writes a model.
   *
   * @param parameters values by name; a name is that of a submodule, a dot, and the rest
   * @param shared names of further parameters, each with the one whose values it shares
   * @param forward the method's source, indented by two
   */
  static Path write(
      Path file, SortedMap<String, Tensor> parameters, Map<String, String> shared, String forward) {
    try (OutputStream out = Files.newOutputStream(file)) {
      new TinyScript().write(out, parameters, shared, forward);
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void write(
      OutputStream out,
      SortedMap<String, Tensor> parameters,
      Map<String, String> shared,
      String forward)
      throws IOException {
    SortedMap<String, SortedMap<String, String>> modules = new TreeMap<>();
    parameters.keySet().forEach(name -> add(modules, name, name));
    shared.forEach((name, owner) -> add(modules, name, owner));
    StringBuilder code = new StringBuilder();
    StringBuilder root =
        new StringBuilder("class Tiny(Module):\n  __parameters__ = []\n  __buffers__ = []\n")
            .append("  training : bool\n");
    begin("Tiny");
    training();
    modules.forEach(
        (module, members) -> {
          String type = "Of" + module;
          root.append("  ").append(module).append(" : __torch__.").append(type).append('\n');
          code.append("class ").append(type).append("(Module):\n  __parameters__ = [");
          members.keySet().forEach(name -> code.append('"').append(name).append("\", "));
          code.append("]\n  __buffers__ = []\n  training : bool\n");
          members.keySet().forEach(name -> code.append("  ").append(name).append(" : Tensor\n"));
          text(module);
          begin(type);
          training();
          members.forEach(
              (name, owner) -> {
                text(name);
                tensor(owner, parameters.get(owner));
              });
          end();
        });
    end();
    bytes('.');
    try (ZipOutputStream zip = new ZipOutputStream(out)) {
      entry(zip, "version", "3\n".getBytes(StandardCharsets.UTF_8));
      entry(zip, "data.pkl", pickle.toByteArray());
      entry(zip, "constants.pkl", new byte[] {(byte) 0x80, 2, ')', '.'});
      entry(
          zip, "code/__torch__.py", (code + "" + root + forward).getBytes(StandardCharsets.UTF_8));
      for (int i = 0; i < storages.size(); i++) {
        float[] values = storages.get(i);
        ByteBuffer buffer =
            ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        buffer.asFloatBuffer().put(values);
        entry(zip, "data/" + i, buffer.array());
      }
    }
  }

  private static void add(
      SortedMap<String, SortedMap<String, String>> modules, String name, String owner) {
    int dot = name.indexOf('.');
    modules
        .computeIfAbsent(name.substring(0, dot), module -> new TreeMap<>())
        .put(name.substring(dot + 1), owner);
  }

  private static void entry(ZipOutputStream zip, String name, byte[] content) throws IOException {
    ZipEntry entry = new ZipEntry("tiny/" + name);
    CRC32 crc = new CRC32();
    crc.update(content);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(content.length);
    entry.setCrc(crc.getValue());
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }

  // ---------------------------------------------------------------- pickle, protocol 2

  /** An object of a class of the program, whose attributes follow. */
  private void begin(String type) {
    if (pickle.size() == 0) {
      bytes(0x80, 2);
    }
    global("__torch__", type);
    bytes(')', 0x81, '}', '(');
  }

  private void end() {
    bytes('u', 'b');
  }

  private void training() {
    text("training");
    bytes(0x88);
  }

  private void tensor(String owner, Tensor tensor) {
    Integer before = remembered.get(owner);
    if (before != null) {
      bytes('h', before);
      return;
    }
    int storage = storages.size();
    storages.add(tensor.values());
    remembered.put(owner, storage);
    global("torch._utils", "_rebuild_tensor_v2");
    bytes('(', '(');
    text("storage");
    global("torch", "FloatStorage");
    text(Integer.toString(storage));
    text("cpu");
    number(tensor.values().length);
    bytes('t', 'Q');
    number(0);
    bytes('(');
    for (int dimension : tensor.shape()) {
      number(dimension);
    }
    bytes('t', '(');
    int stride = tensor.values().length;
    for (int dimension : tensor.shape()) {
      stride /= dimension;
      number(stride);
    }
    bytes('t', 0x88);
    global("collections", "OrderedDict");
    bytes(')', 'R', 't', 'R', 'q', storage);
  }

  private void global(String module, String name) {
    bytes('c');
    pickle.writeBytes((module + "\n" + name + "\n").getBytes(StandardCharsets.UTF_8));
  }

  private void text(String text) {
    bytes('X');
    littleEndian(text.length());
    pickle.writeBytes(text.getBytes(StandardCharsets.UTF_8));
  }

  private void number(int value) {
    bytes('J');
    littleEndian(value);
  }

  private void littleEndian(int value) {
    pickle.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
  }

  private void bytes(int... values) {
    for (int value : values) {
      pickle.write(value);
    }
  }
}
