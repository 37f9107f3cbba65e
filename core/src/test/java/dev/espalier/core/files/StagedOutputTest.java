package dev.espalier.core.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.espalier.api.problem.ProblemException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StagedOutputTest {
  @TempDir Path folder;

  @Test
  void a_file_and_what_is_beside_it_appear_when_they_are_published() throws IOException {
    Path target = folder.resolve("new/model.onnx");
    try (StagedOutput staged = StagedOutput.file(target)) {
      assertThat(staged.path().getFileName()).hasToString("model.onnx"); // others refer to it
      Files.writeString(staged.path(), "first");
      Files.writeString(staged.path(), "second");
      Files.writeString(staged.resolve("model.onnx.data"), "weights");
      assertThat(target).doesNotExist();
      staged.publish();
    }

    assertThat(target).hasContent("second");
    assertThat(target.resolveSibling("model.onnx.data")).hasContent("weights");
    assertThat(names(target.getParent())).hasSize(2);
  }

  @Test
  void what_is_not_published_is_gone() throws IOException {
    try (StagedOutput staged = StagedOutput.file(folder.resolve("a"))) {
      Files.writeString(staged.path(), "half");
    }
    try (StagedOutput staged = StagedOutput.folder(folder.resolve("b"), "model")) {
      Files.writeString(staged.path(), "half");
    }

    assertThat(names(folder)).isEmpty();
  }

  @Test
  void a_file_that_came_in_the_meantime_is_not_replaced() throws IOException {
    Path target = folder.resolve("model.onnx");
    try (StagedOutput staged = StagedOutput.file(target)) {
      Files.writeString(staged.path(), "ours");
      Files.writeString(target, "theirs");

      assertThatThrownBy(staged::publish)
          .isInstanceOfSatisfying(
              ProblemException.class, e -> assertThat(e.exitCode()).isEqualTo(2))
          .hasMessageContaining("exists already, and is not overwritten");
    }

    assertThat(target).hasContent("theirs");
    assertThat(names(folder)).containsExactly("model.onnx");
  }

  @Test
  void a_folder_appears_as_a_whole() throws IOException {
    Path target = folder.resolve("deep/out");
    try (StagedOutput staged = StagedOutput.folder(target, "model")) {
      Files.writeString(staged.resolve("config.json"), "{}");
      Files.writeString(staged.path(), "weights");
      assertThat(target).doesNotExist();
      staged.publish();
    }

    assertThat(names(target)).containsExactlyInAnyOrder("config.json", "model");
    assertThat(names(target.getParent())).containsExactly("out");
  }

  @Test
  void an_empty_folder_stays_the_same_folder_and_gets_its_last_file_last() throws IOException {
    Path real = Files.createDirectory(folder.resolve("real"));
    Path target = Files.createSymbolicLink(folder.resolve("link"), real);
    try (StagedOutput staged = StagedOutput.folder(target, "a-model")) {
      Files.writeString(staged.path(), "weights");
      Files.writeString(staged.resolve("z.json"), "{}");
      Files.createDirectory(real.resolve("z.json")); // stops it halfway
      assertThatThrownBy(staged::publish).isInstanceOf(ProblemException.class);
      assertThat(real.resolve("a-model")).doesNotExist();
      Files.delete(real.resolve("z.json"));
      staged.publish();
    }

    assertThat(target).isSymbolicLink();
    assertThat(names(real)).containsExactlyInAnyOrder("a-model", "z.json");
  }

  @Test
  void a_signal_takes_what_is_unfinished_away() throws IOException {
    StagedOutput staged = StagedOutput.file(folder.resolve("a"));
    Files.writeString(staged.path(), "half");

    TemporaryPaths.removeAll();

    assertThat(names(folder)).isEmpty();
    staged.close();
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.map(file -> file.getFileName().toString()).toList();
    }
  }
}
