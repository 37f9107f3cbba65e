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

  /** Version by library, Espalier's own among them. */
  static Map<String, String> all() {
    Properties properties = new Properties();
    try (InputStream in = Versions.class.getResourceAsStream(RESOURCE)) {
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Map<String, String> versions = new TreeMap<>();
    properties.stringPropertyNames().forEach(n -> versions.put(n, properties.getProperty(n)));
    return versions;
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
