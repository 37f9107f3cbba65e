package dev.espalier.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import picocli.CommandLine.IVersionProvider;

/** The versions that the build wrote into the jar. */
final class Versions implements IVersionProvider {
  private static final String RESOURCE = "versions.properties";

  /** Lies in the jar of PyTorch's native library, and says for which machine that is. */
  private static final String NATIVE_PYTORCH = "native/lib/pytorch.properties";

  /** Version by library, Espalier's own among them. */
  static Map<String, String> all() {
    return read(Versions.class.getResourceAsStream(RESOURCE));
  }

  /** As {@link #all}, and for which machine PyTorch's native library is, which is not loaded. */
  static Map<String, String> withNativeLibraries() {
    Map<String, String> versions = all();
    InputStream found = Versions.class.getClassLoader().getResourceAsStream(NATIVE_PYTORCH);
    Map<String, String> natives = found == null ? Map.of() : read(found);
    versions.computeIfPresent(
        "pytorch",
        (name, version) ->
            found == null
                ? version + ", but its native library is not on the class path"
                : version + " for " + natives.get("classifier") + ", " + natives.get("flavor"));
    return versions;
  }

  private static Map<String, String> read(InputStream properties) {
    Properties read = new Properties();
    try (properties) {
      read.load(properties);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Map<String, String> values = new TreeMap<>();
    read.stringPropertyNames().forEach(n -> values.put(n, read.getProperty(n)));
    return values;
  }

  @Override
  public String[] getVersion() {
    Map<String, String> versions = all();
    return new String[] {
      "espalier "
          + versions.get("espalier")
          + " (DJL "
          + versions.get("djl")
          + ", PyTorch "
          + versions.get("pytorch")
          + ", ONNX Runtime "
          + versions.get("onnxruntime")
          + ")"
    };
  }
}
