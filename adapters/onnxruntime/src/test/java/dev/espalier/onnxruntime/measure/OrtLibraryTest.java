package dev.espalier.onnxruntime.measure;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtEnvironment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OrtLibraryTest {
  @TempDir Path cache;

  @Test
  void theLibraryIsUnpackedOnceAndAgainWhenItIsCutShort() throws IOException {
    Path folder = OrtLibrary.unpacked(cache).orElseThrow();
    Path library = folder.resolve(System.mapLibraryName("onnxruntime"));
    long size = Files.size(library);
    Object first = Files.readAttributes(library, "unix:ino");

    assertThat(size).isGreaterThan(10_000_000);
    assertThat(OrtLibrary.unpacked(cache)).contains(folder);
    assertThat(Files.readAttributes(library, "unix:ino")).isEqualTo(first);

    Files.write(library, new byte[100]);
    assertThat(OrtLibrary.unpacked(cache)).contains(folder);
    assertThat(Files.size(library)).isEqualTo(size);
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrderElementsOf(
              List.of(
                  System.mapLibraryName("onnxruntime"),
                  System.mapLibraryName("onnxruntime4j_jni")));
    }
  }

  @Test
  void whereItCannotBeKeptNothingIsSaid() throws IOException {
    Path file = Files.writeString(cache.resolve("a file"), "no folder");

    assertThat(OrtLibrary.unpacked(file.resolve("below"))).isEmpty();
  }

  @Test
  void theCacheIsBesideDjls() {
    assertThat(OrtLibrary.cache(Map.of("DJL_CACHE_DIR", "/x")))
        .isEqualTo(Path.of("/x/onnxruntime"));
    assertThat(OrtLibrary.cache(Map.of()).toString()).endsWith(".djl.ai/onnxruntime");
  }

  @Test
  void theEnvironmentLoadsFromThere() {
    OrtEnvironment environment = OrtLibrary.environment();

    assertThat(environment).isSameAs(OrtEnvironment.getEnvironment());
  }
}
