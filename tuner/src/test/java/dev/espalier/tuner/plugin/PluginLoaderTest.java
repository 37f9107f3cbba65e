package dev.espalier.tuner.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URI;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A plugin's class cannot end the process, however its call is written. */
class PluginLoaderTest {
  @TempDir static Path folder;

  /** Every way to write the call that a compiler knows, between instructions of every length. */
  private static final String SOURCE =
      """
      package com.example;

      import java.util.function.IntConsumer;
      import java.util.function.ObjIntConsumer;

      public final class Enders {
        public static void exit() {
          System.exit(1);
        }

        public static void runtimeExit() {
          Runtime.getRuntime().exit(2);
        }

        public static void halt() {
          Runtime.getRuntime().halt(3);
        }

        public static void boundReference() {
          IntConsumer halt = Runtime.getRuntime()::halt;
          halt.accept(4);
        }

        public static void reference() {
          ObjIntConsumer<Runtime> halt = Runtime::halt;
          halt.accept(Runtime.getRuntime(), 5);
        }

        public static void staticReference() {
          IntConsumer exit = System::exit;
          exit.accept(6);
        }

        public static void lambda() {
          Runnable exit = () -> Runtime.getRuntime().exit(7);
          exit.run();
        }

        public static void amongOthers() {
          MANY_LOCALS
          int[][] cells = new int[2][3];
          Object text = "text" + v299 + cells.length;
          v299 += 1000;
          long large = 0x1234567890L;
          double half = 0.5e300;
          for (int i = 0; i < 3; i++) {
            switch (i) {
              case 0: v1 += (int) large; break;
              case 1: v2 += (int) half; break;
              case 2: v3 += text.hashCode(); break;
              default: throw new IllegalStateException();
            }
            switch (v299) {
              case 5: v1++; break;
              case 500_000: v2++; break;
              default: v299 += text instanceof String ? ((String) text).length() : 0;
            }
          }
          synchronized (text) {
            try {
              Runtime.getRuntime().halt(v299 > 0 ? 8 : 9);
            } finally {
              v298 = text == null ? 1 : 2;
            }
          }
        }
      }

      class Harmless {
        void exit(int status) {}

        static int halt(int status) {
          new Harmless().exit(status);
          return Runtime.getRuntime().availableProcessors();
        }
      }
      """;

  @BeforeAll
  static void compile() throws IOException {
    String locals =
        IntStream.range(0, 300)
            .mapToObj(i -> "int v" + i + " = " + i + ";")
            .collect(Collectors.joining(" "));
    Path file =
        Files.writeString(folder.resolve("Enders.java"), SOURCE.replace("MANY_LOCALS", locals));
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter said = new StringWriter();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      List<String> options = List.of("--release", "17", "-d", folder.toString());
      assertThat(
              compiler
                  .getTask(said, files, null, options, null, files.getJavaFileObjects(file))
                  .call())
          .as(said.toString())
          .isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "exit, System.exit(1)",
    "runtimeExit, Runtime.exit(2)",
    "halt, Runtime.halt(3)",
    "boundReference, Runtime.halt(4)",
    "reference, Runtime.halt(5)",
    "staticReference, System.exit(6)",
    "lambda, Runtime.exit(7)",
    "amongOthers, Runtime.halt(8)"
  })
  @DisplayName("a call is refused, told as what it was, and begins in the plugin")
  void refused(String method, String call) throws Exception {
    try (PluginLoader loader = new PluginLoader(folder, getClass().getClassLoader())) {
      Class<?> type = loader.loadClass("com.example.Enders");
      Method found = type.getMethod(method);

      assertThat(type.getClassLoader()).isSameAs(loader);
      assertThat(type.getPackage().getName()).isEqualTo("com.example");
      assertThat(PluginCode.place(type.getConstructor().newInstance()))
          .isEqualTo(folder.toString());
      assertThatThrownBy(() -> found.invoke(null))
          .isInstanceOf(InvocationTargetException.class)
          .cause()
          .isInstanceOfSatisfying(
              ExitRefused.class,
              refused -> {
                assertThat(refused.call()).isEqualTo(call);
                assertThat(refused.getStackTrace()[0].getClassName()).doesNotContain("espalier");
              });
    }
  }

  @Test
  @DisplayName("a class that only has methods of these names is loaded as it is")
  void harmless() throws IOException {
    byte[] file = Files.readAllBytes(folder.resolve("com/example/Harmless.class"));

    assertThat(ExitCalls.redirected(file)).isEmpty();
  }

  @Test
  @DisplayName("a broken class file is left to the virtual machine, cut wherever it is")
  void broken() throws IOException {
    byte[] file = Files.readAllBytes(folder.resolve("com/example/Enders.class"));

    assertThat(ExitCalls.redirected(file)).isPresent();
    for (int length = 0; length < file.length; length++) {
      Optional<byte[]> unused = ExitCalls.redirected(Arrays.copyOf(file, length));
    }
    assertThat(ExitCalls.redirected(new byte[0])).isEmpty();
  }

  @Test
  @DisplayName("every class of the JDK's own modules can be read, and those that exit are found")
  void everyClass() throws IOException {
    Path modules = FileSystems.getFileSystem(URI.create("jrt:/")).getPath("modules");
    List<String> found;
    try (Stream<Path> files = Files.walk(modules.resolve("java.base/java"))) {
      found =
          files
              .filter(file -> file.toString().endsWith(".class"))
              .filter(file -> ExitCalls.redirected(bytes(file)).isPresent())
              .map(file -> file.getFileName().toString())
              .toList();
    }
    // System.exit calls Runtime.exit.
    assertThat(found).contains("System.class").hasSizeLessThan(10);
  }

  private static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
