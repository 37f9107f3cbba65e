package dev.espalier.archive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.archive.StoredTensor.Int8;
import dev.espalier.core.model.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A BERT-base of which 6 % is left: normally distributed weights at independent positions, 6 % of
 * each matrix, which is the hardest case, because real masks crowd in layers, rows and columns.
 */
@Tag("slow")
class BertBaseTest {
  @TempDir Path directory;

  @Test
  @DisplayName("encoder and head take 8.6 MB at most, all of it 33 MB, and come back bit for bit")
  void sizes() throws IOException {
    Synthetic made = new Synthetic(1);
    SortedMap<String, Tensor> weights = made.encoder(12, 768, 0.06);
    Path file = directory.resolve("encoder.espalier");
    assertThat(ArchiveWriter.pack(file, weights)).isLessThan(8_600_000);

    made.addEmbeddings(weights, 30_522, 768);
    Path all = directory.resolve("all.espalier");
    assertThat(ArchiveWriter.pack(all, weights)).isLessThan(33_000_000);
    assertThat(Files.size(all)).isLessThan(33_000_000);

    try (Archive archive = Archive.open(all)) {
      SortedMap<String, StoredTensor> read = archive.tensors(2);
      weights.forEach(
          (name, tensor) -> {
            if (Packing.DEFAULT.store(name, tensor) instanceof Int8 expected) {
              Int8 actual = (Int8) read.get(name);
              assertThat(actual.values()).as(name).isEqualTo(expected.values());
              assertThat(actual.scales()).as(name).isEqualTo(expected.scales());
            }
          });
    }
  }
}
