package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The assembled command on a cache of native libraries that is damaged. */
class NativeCacheIT {
  @TempDir Path directory;

  @Test
  @DisplayName("truncated libraries, which end the process when loaded, are unpacked again")
  void truncated() throws IOException, InterruptedException {
    Path cache = directory.resolve("djl");
    dryRun(cache);
    List<Path> libraries;
    try (Stream<Path> files = Files.walk(cache)) {
      libraries =
          files
              .filter(file -> file.toString().matches(".*(torch_cpu|tokenizers)\\.(so|dylib|dll)"))
              .toList();
    }
    assertThat(libraries).hasSize(2);
    for (Path library : libraries) {
      try (SeekableByteChannel channel = Files.newByteChannel(library, StandardOpenOption.WRITE)) {
        channel.truncate(channel.size() / 2);
      }
    }

    dryRun(cache);
  }

  private void dryRun(Path cache) throws IOException, InterruptedException {
    Assembled.run(
        0,
        directory.resolve("log"),
        List.of("-DDJL_CACHE_DIR=" + cache),
        List.of(
            "run",
            "../yaml-configs/quickstart.yaml",
            "--dry-run",
            "--set",
            "data.train_examples=100",
            "--set",
            "data.evaluation_examples=100"));
  }
}
