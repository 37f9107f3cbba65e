package dev.espalier.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.espalier.api.problem.ProblemException;
import dev.espalier.djl.NativeCache.Library;
import dev.espalier.djl.NativeCache.NativeFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NativeCacheTest {
  @TempDir Path cache;
  private Path folder;
  private Library library;

  @BeforeEach
  void unpack() throws IOException {
    folder = Files.createDirectories(cache.resolve("pytorch/2.7.1-cpu"));
    library =
        new Library(
            "PyTorch",
            folder,
            List.of(
                new NativeFile("libtorch.so", 3, false),
                new NativeFile("libtorch_cpu.so", 6, false),
                new NativeFile("0.36.0-libdjl_torch.so", 2, true)));
    Files.writeString(folder.resolve("libtorch.so"), "abc");
    Files.writeString(folder.resolve("libtorch_cpu.so"), "abcdef");
    Files.writeString(folder.resolve("0.36.0-libdjl_torch.so"), "ab");
  }

  @Test
  void leavesAWholeLibraryAlone() throws IOException {
    Files.delete(folder.resolve("0.36.0-libdjl_torch.so")); // DJL unpacks it on its own
    NativeCache.prepare(List.of(library));
    assertThat(folder).isDirectoryContaining("glob:**/libtorch_cpu.so");
    assertThat(folder.getParent()).isDirectoryNotContaining("glob:**/espalier.lock");
  }

  @ParameterizedTest(name = "{0} is \"{1}\"")
  @CsvSource({
    "libtorch_cpu.so, abcde",
    "libtorch_cpu.so, abcdefg",
    "libtorch_cpu.so, ''",
    "libtorch.so,",
    "0.36.0-libdjl_torch.so, a",
  })
  void discardsWhatDjlWouldTakeForWhole(String file, String content) throws IOException {
    Files.delete(folder.resolve(file));
    if (content != null) {
      Files.writeString(folder.resolve(file), content);
    }

    NativeCache.prepare(List.of(library));

    assertThat(folder).doesNotExist();
    assertThat(folder.getParent()).isDirectoryNotContaining("glob:**/tmp*");
  }

  @Test
  void saysWhatAnUnpackingTakesWhereThereIsNoRoom() throws IOException {
    Library huge =
        new Library(
            "PyTorch",
            cache.resolve("pytorch/other"),
            List.of(new NativeFile("libtorch.so", Long.MAX_VALUE, false)));
    assertThatThrownBy(() -> NativeCache.prepare(List.of(huge)))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining(
            cache.resolve("pytorch") + ": unpacking the PyTorch library takes 9223372036854 MB")
        .hasMessageContaining("set DJL_CACHE_DIR");
  }

  @Test
  void saysWhereNothingCanBeUnpacked() throws IOException {
    Path file = Files.writeString(cache.resolve("file"), "");
    Library nowhere = new Library("PyTorch", file.resolve("pytorch/2.7.1-cpu"), library.files());
    assertThatThrownBy(() -> NativeCache.prepare(List.of(nowhere)))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining(
            file.resolve("pytorch") + ": native libraries are unpacked there, and it cannot be");
  }

  @Test
  void removesTheTemporaryFoldersOfAnUnpackingThatWasKilled() throws IOException {
    Path abandoned = temporary("tmp123", Duration.ofHours(2));
    Path running = temporary("tmp456", Duration.ZERO);
    Path other = temporary("tmp-mine", Duration.ofHours(2));

    NativeCache.prepare(List.of(library));

    assertThat(folder).exists();
    assertThat(abandoned).doesNotExist();
    assertThat(running).exists();
    assertThat(other).exists();
  }

  @Test
  void knowsWhatDjlUnpacksHere() throws IOException {
    Torch.engine(); // unpacks it
    Library pytorch =
        NativeCache.libraries().stream()
            .filter(each -> each.name().equals("PyTorch"))
            .findFirst()
            .orElseThrow();
    assertThat(pytorch.files()).hasSizeGreaterThan(2);
    for (NativeFile file : pytorch.files()) {
      assertThat(pytorch.folder().resolve(file.name())).hasSize(file.size());
    }
  }

  private Path temporary(String name, Duration age) throws IOException {
    Path temporary = Files.createDirectories(folder.resolveSibling(name));
    FileTime time = FileTime.from(Instant.now().minus(age));
    Path file = Files.writeString(temporary.resolve("libtorch.so"), "ab");
    Files.setLastModifiedTime(file, time);
    Files.setLastModifiedTime(temporary, time);
    return temporary;
  }
}
