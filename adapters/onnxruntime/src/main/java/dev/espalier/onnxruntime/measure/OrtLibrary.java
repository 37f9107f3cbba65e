package dev.espalier.onnxruntime.measure;

import ai.onnxruntime.OrtEnvironment;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.core.files.AtomicFile;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * ONNX Runtime's native library, unpacked once beside DJL's.
 *
 * <p>By itself ONNX Runtime unpacks 28 MB to a new temporary folder at every start, and removes
 * them when the virtual machine ends in an orderly way: each process that is killed leaves them.
 */
public final class OrtLibrary {
  /** Where ONNX Runtime looks for its library, when it is set; its own name. */
  private static final String NATIVE_PATH = "onnxruntime.native.path";

  private static final List<String> LIBRARIES = List.of("onnxruntime", "onnxruntime4j_jni");

  private OrtLibrary() {}

  /**
   * This process's environment. The first call loads the library; where it can't be kept, it is
   * unpacked as ONNX Runtime does.
   */
  public static OrtEnvironment environment() {
    if (System.getProperty(NATIVE_PATH) == null) {
      unpacked(cache(System.getenv()))
          .ifPresent(folder -> System.setProperty(NATIVE_PATH, folder.toString()));
    }
    return OrtEnvironment.getEnvironment();
  }

  /** DJL's cache: {@code DJL_CACHE_DIR}, or a folder in the user's home. */
  static Path cache(Map<String, String> environment) {
    String named = environment.getOrDefault("DJL_CACHE_DIR", "");
    return (named.isBlank() ? Path.of(System.getProperty("user.home"), ".djl.ai") : Path.of(named))
        .resolve("onnxruntime");
  }

  /**
   * A folder in {@code cache} with the libraries of this platform, unpacked if need be; nothing
   * when there are none for it, or the folder can't be written.
   */
  static Optional<Path> unpacked(Path cache) {
    Optional<String> platform = platform();
    String version = OrtEnvironment.class.getPackage().getImplementationVersion();
    if (platform.isEmpty()) {
      return Optional.empty();
    }
    try {
      Path folder =
          cache.resolve((version == null ? "" : version + "-") + platform.get()).toAbsolutePath();
      for (String library : LIBRARIES) {
        String name = System.mapLibraryName(library);
        URL packed =
            OrtEnvironment.class.getResource(
                "/ai/onnxruntime/native/" + platform.get() + "/" + name);
        if (packed == null) {
          return Optional.empty();
        }
        unpack(packed, Files.createDirectories(folder).resolve(name));
      }
      return Optional.of(folder);
    } catch (IOException | ProblemException e) {
      return Optional.empty();
    }
  }

  /** Unpacks a file, unless it is there; several processes may do so at once. */
  private static void unpack(URL packed, Path file) throws IOException {
    long size = packed.openConnection().getContentLengthLong();
    if (Files.exists(file) && Files.size(file) == size) {
      return;
    }
    AtomicFile.write(
        file,
        out -> {
          try (InputStream in = packed.openStream()) {
            long unused = in.transferTo(out);
          }
        });
  }

  /** The platform as ONNX Runtime's jar names it. */
  private static Optional<String> platform() {
    String os = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    String arch = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
    Optional<String> system =
        os.contains("linux")
            ? Optional.of("linux")
            : os.contains("mac")
                ? Optional.of("osx")
                : os.contains("win") ? Optional.of("win") : Optional.empty();
    Optional<String> processor =
        arch.equals("amd64") || arch.equals("x86_64")
            ? Optional.of("x64")
            : arch.equals("aarch64") ? Optional.of("aarch64") : Optional.empty();
    return system.flatMap(name -> processor.map(kind -> name + "-" + kind));
  }
}
