package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.api.pruning.PrunerProvider;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * Builds {@code examples/third-party-pruner} as a stranger would: on plugin-api and nothing else.
 */
final class ExamplePlugin {
  static final Path PROJECT = Path.of("../examples/third-party-pruner");
  static final Path SOURCE = PROJECT.resolve("src/main/java/com/example/PlatonPruner.java");

  private static final Path RESOURCES = PROJECT.resolve("src/main/resources");

  private ExamplePlugin() {}

  /** Compiles the example into {@code jar}; its folder must exist. */
  static Path build(Path jar) throws IOException {
    Path classes = Files.createTempDirectory(jar.toAbsolutePath().getParent(), "classes");
    compile(classes, List.of(SOURCE));
    return pack(jar, List.of(classes, RESOURCES));
  }

  /**
   * Compiles a plugin of one source file into {@code jar}; its folder must exist.
   *
   * @param name the class's name without package, for it has none
   * @param source the file's text
   * @param announced the class that is announced, by the interface that it implements
   */
  static Path build(Path jar, String name, String source, Map<Class<?>, String> announced)
      throws IOException {
    Path folder = jar.toAbsolutePath().getParent();
    Path sources = Files.createTempDirectory(folder, "sources");
    Path file = Files.writeString(sources.resolve(name + ".java"), source);
    Path classes = Files.createTempDirectory(folder, "classes");
    compile(classes, List.of(file));
    Path services = Files.createDirectories(classes.resolve("META-INF/services"));
    for (Map.Entry<Class<?>, String> each : announced.entrySet()) {
      Files.writeString(services.resolve(each.getKey().getName()), each.getValue() + "\n");
    }
    return pack(jar, List.of(classes));
  }

  /** A jar with the files of {@code folders}, by their paths below them. */
  static Path pack(Path jar, List<Path> folders) throws IOException {
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream out = new JarOutputStream(file)) {
      for (Path folder : folders) {
        for (Path entry : filesBelow(folder)) {
          out.putNextEntry(new JarEntry(folder.relativize(entry).toString().replace('\\', '/')));
          Files.copy(entry, out);
          out.closeEntry();
        }
      }
    }
    return jar;
  }

  private static void compile(Path classes, List<Path> sources) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter said = new StringWriter();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      List<String> options =
          List.of(
              "--release",
              "17",
              "-Xlint:all",
              "-Werror",
              "-proc:none",
              "-classpath",
              pluginApi().toString(),
              "-d",
              classes.toString());
      boolean compiled =
          compiler
              .getTask(said, files, null, options, null, files.getJavaFileObjectsFromPaths(sources))
              .call();
      assertThat(compiled).as(said.toString()).isTrue();
    }
  }

  /** Where the class path has plugin-api: a jar or a folder. */
  private static Path pluginApi() {
    CodeSource source = PrunerProvider.class.getProtectionDomain().getCodeSource();
    return Path.of(Objects.requireNonNull(source).getLocation().getPath());
  }

  private static List<Path> filesBelow(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }
}
