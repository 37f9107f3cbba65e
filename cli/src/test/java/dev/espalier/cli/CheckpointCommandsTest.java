package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.espalier.archive.ArchiveWriter;
import dev.espalier.archive.Packing;
import dev.espalier.archive.StoredTensor.Int8;
import dev.espalier.checkpoints.DataType;
import dev.espalier.checkpoints.SafeTensorsFile;
import dev.espalier.checkpoints.SafeTensorsWriter;
import dev.espalier.checkpoints.SafeTensorsWriter.Stored;
import dev.espalier.checkpoints.TensorInfo;
import dev.espalier.core.model.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code count}, {@code finalize}, {@code pack} and {@code unpack}, on what a run leaves. */
class CheckpointCommandsTest {
  private static final String MATRIX = "bert.encoder.layer.0.output.dense.weight";
  private static final String BIAS = "bert.encoder.layer.0.output.dense.bias";
  private static final String HEAD = "classifier.weight";

  @TempDir Path directory;

  private Path run;
  private SortedMap<String, Tensor> weights;

  @BeforeEach
  void leaveRun() throws IOException {
    run = directory.resolve("run");
    Files.createDirectories(run.resolve("best"));
    Files.createDirectories(run.resolve("trial-2"));
    float[] matrix = new float[100];
    for (int i = 0; i < 10; i++) {
      matrix[11 * i] = i - 20;
    }
    weights = new TreeMap<>();
    weights.put(MATRIX, Tensor.matrix(10, 10, matrix));
    weights.put(BIAS, Tensor.vector(new float[10]));
    weights.put(HEAD, Tensor.matrix(2, 3, new float[] {1, 2, 3, 4, 5, 0}));
    for (String folder : new String[] {"best", "trial-2"}) {
      SafeTensorsWriter.write(
          run.resolve(folder).resolve("model.safetensors"), SafeTensorsWriter.PYTORCH, weights);
    }
    Files.writeString(run.resolve("best/config.json"), "{\"model_type\": \"bert\"}");
    Files.writeString(run.resolve("best/tokenizer.json"), "{}");
    Files.writeString(run.resolve("result.json"), "{\"best\": {\"trial\": 2}}");
    masks(10);
  }

  private void masks(int kept) throws IOException {
    Files.writeString(
        run.resolve("trial-2/masks.json"),
        "{\"matrices\": {\"" + MATRIX + "\": {\"kept\": " + kept + "}}}");
  }

  // ---------------------------------------------------------------- count

  @ParameterizedTest
  @ValueSource(strings = {"", "best", "trial-2", "best/model.safetensors"})
  @DisplayName("count takes a run, its best/, a trial or a file, and says the same of all")
  void count(String part) {
    Executed count = Executed.of("count", run.resolve(part).toString());

    assertThat(count.exitCode()).as(count.err()).isZero();
    assertThat(count.out().lines().map(line -> line.strip().replaceAll(" +", " ")))
        .containsExactly(
            "remaining of %",
            MATRIX + " 10 100 10.000",
            "pruned matrices 10 100 10.000",
            "encoder 20 110 18.182",
            "model 26 116 22.414");
  }

  @Test
  @DisplayName("count --json says it for programs")
  void countJson() throws IOException {
    Executed count = Executed.of("count", "--json", run.toString());

    JsonNode json = new ObjectMapper().readTree(count.out());
    assertThat(json.at("/matrices/0/name").asText()).isEqualTo(MATRIX);
    assertThat(json.at("/matrices/0/rows").asInt()).isEqualTo(10);
    assertThat(json.at("/encoder/remaining").asInt()).isEqualTo(20);
    assertThat(json.at("/encoder/parameters").asInt()).isEqualTo(110);
    assertThat(json.at("/encoder/percent").asDouble()).isEqualTo(100.0 * 20 / 110);
    assertThat(json.at("/model/remaining").asInt()).isEqualTo(26);
  }

  @Test
  @DisplayName("weights that are not those of masks.json are an error that says both counts")
  void otherMasks() throws IOException {
    masks(11);

    Executed count = Executed.of("count", run.toString());

    assertThat(count.exitCode()).isEqualTo(2);
    assertThat(count.err()).contains(MATRIX + " has 10 weights that are not zero", "says 11");
  }

  // ---------------------------------------------------------------- scores in the file

  @Test
  @DisplayName("scores beside raw weights become masks by what config.json says")
  void scores() throws IOException {
    Path checkpoint =
        scored(
            "{\"model_type\": \"masked_bert\", \"pruning_method\": \"topK\","
                + " \"mask_init\": \"constant\", \"final_threshold\": 0.25}");
    Path output = directory.resolve("plain");

    assertThat(Executed.of("count", checkpoint.toString()).out()).contains(" 25.000");
    Executed done = Executed.of("finalize", checkpoint.toString(), "-o", output.toString());

    assertThat(done.exitCode()).as(done.err()).isZero();
    assertThat(done.out()).contains("masks applied, scores dropped");
    try (SafeTensorsFile file = SafeTensorsFile.open(output.resolve("model.safetensors"))) {
      assertThat(file.tensors()).containsOnlyKeys(MATRIX);
      assertThat(file.read(MATRIX).values()).containsExactly(0, 0, 3, 0);
    }
    assertThat(new ObjectMapper().readTree(output.resolve("config.json").toFile()))
        .isEqualTo(new ObjectMapper().readTree("{\"model_type\": \"bert\"}"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {}                                                  | pruning_method
          {"pruning_method": "topK"}                          | final_threshold
          {"pruning_method": "tops", "final_threshold": 0.1}  | pruning_method is tops
          {"pruning_method": "topK", "final_threshold": 1.1}  | final_threshold is 1.1
          {                                                   | not readable as JSON
          """)
  @DisplayName(
      "scores without a stored method and threshold are an error that says where to write it")
  void scoresAlone(String config, String expected) throws IOException {
    Executed count = Executed.of("count", scored(config).toString());

    assertThat(count.exitCode()).isEqualTo(2);
    assertThat(count.err()).contains(expected);
  }

  private Path scored(String config) throws IOException {
    Path folder = Files.createDirectories(directory.resolve("scored"));
    SafeTensorsWriter.write(
        folder.resolve("model.safetensors"),
        Map.of(),
        new TreeMap<>(
            Map.of(
                MATRIX,
                Tensor.matrix(2, 2, new float[] {1, 2, 3, 4}),
                MATRIX.replace(".weight", ".mask_scores"),
                Tensor.matrix(2, 2, new float[] {0, -1, 5, 1}))));
    Files.writeString(folder.resolve("config.json"), config);
    return folder;
  }

  // ---------------------------------------------------------------- finalize

  @Test
  @DisplayName("finalize of a trial gives its weights, the run's configuration and tokenizer")
  void finalizeTrial() throws IOException {
    Path output = directory.resolve("final");
    Files.writeString(run.resolve("best/added_tokens.json"), "{\"[e1]\": 7}");

    Executed done =
        Executed.of("finalize", run.resolve("trial-2").toString(), "-o", output.toString());

    assertThat(done.exitCode()).as(done.err()).isZero();
    assertThat(done.out()).contains("applied already", "18.182 %");
    assertThat(output.resolve("config.json"))
        .hasSameTextualContentAs(run.resolve("best/config.json"));
    assertThat(output.resolve("tokenizer.json")).exists();
    assertThat(output.resolve("added_tokens.json")).hasContent("{\"[e1]\": 7}");
    try (SafeTensorsFile file = SafeTensorsFile.open(output.resolve("model.safetensors"))) {
      weights.forEach(
          (name, tensor) -> assertThat(file.read(name).values()).isEqualTo(tensor.values()));
    }
  }

  // ---------------------------------------------------------------- pack and unpack

  @Test
  @DisplayName("unpack gives back the integers that pack made, exact biases, and the files")
  void packAndUnpack() throws IOException {
    Path archive = directory.resolve("m.espalier");
    Path integers = directory.resolve("int8");
    Path floats = directory.resolve("float");

    Executed pack = Executed.of("pack", run.toString(), "-o", archive.toString());
    assertThat(pack.exitCode()).as(pack.err()).isZero();
    assertThat(pack.out()).contains("wrote " + archive + ": " + Files.size(archive) + " bytes");
    assertThat(
            Executed.of("unpack", "--int8", archive.toString(), "-o", integers.toString())
                .exitCode())
        .isZero();
    assertThat(Executed.of("unpack", archive.toString(), "-o", floats.toString()).exitCode())
        .isZero();

    Int8 expected = (Int8) Packing.DEFAULT.store(MATRIX, weights.get(MATRIX));
    try (SafeTensorsFile file = SafeTensorsFile.open(integers.resolve("model.safetensors"))) {
      byte[] values = new byte[100];
      file.bytes(MATRIX).get(values);
      assertThat(values).isEqualTo(expected.values());
      assertThat(file.read(MATRIX + ".scale").values()).isEqualTo(expected.scales());
    }
    try (SafeTensorsFile file = SafeTensorsFile.open(floats.resolve("model.safetensors"))) {
      assertThat(file.read(MATRIX).values()).isEqualTo(expected.toFloats());
      assertThat(file.read(BIAS).values()).isEqualTo(weights.get(BIAS).values());
      assertThat(file.read(HEAD).shape()).containsExactly(2, 3);
    }
    assertThat(floats.resolve("config.json"))
        .hasSameTextualContentAs(run.resolve("best/config.json"));
    for (String command : List.of("count", "finalize", "pack")) {
      Path output = directory.resolve("of-integers");
      Executed refused =
          command.equals("count")
              ? Executed.of(command, integers.toString())
              : Executed.of(command, integers.toString(), "-o", output.toString());
      assertThat(refused.exitCode()).as(command).isEqualTo(2);
      assertThat(refused.err()).contains(MATRIX + " as I8", "Load the original float checkpoint");
      assertThat(output).doesNotExist();
    }
  }

  @Test
  @DisplayName("pack leaves out what --exclude names, and files with --weights-only")
  void exclude() {
    Path archive = directory.resolve("m.espalier");
    Path output = directory.resolve("out");
    Executed.of(
        "pack",
        run.toString(),
        "--weights-only",
        "--exclude",
        "classifier.*",
        "-o",
        archive.toString());
    Executed.of("unpack", archive.toString(), "-o", output.toString());

    assertThat(output.resolve("config.json")).doesNotExist();
    try (SafeTensorsFile file = SafeTensorsFile.open(output.resolve("model.safetensors"))) {
      assertThat(file.tensors()).containsOnlyKeys(MATRIX, BIAS);
    }
  }

  @Test
  @DisplayName("integers and vectors of half floats keep their type and bits")
  void otherTypes() {
    Path model = directory.resolve("mixed.safetensors");
    Stored ids = random(DataType.I64, 1, 7);
    Stored half = random(DataType.F16, 9);
    SafeTensorsWriter.write(model, Map.of(), Map.of(), Map.of("position_ids", ids, "b.bias", half));
    Path archive = directory.resolve("m.espalier");
    Path output = directory.resolve("out");

    assertThat(Executed.of("pack", model.toString(), "-o", archive.toString()).exitCode()).isZero();
    assertThat(Executed.of("unpack", archive.toString(), "-o", output.toString()).exitCode())
        .isZero();

    try (SafeTensorsFile file = SafeTensorsFile.open(output.resolve("model.safetensors"))) {
      assertThat(file.bytes("position_ids")).isEqualTo(ids.bytes());
      assertThat(file.bytes("b.bias")).isEqualTo(half.bytes());
      assertThat(file.tensors().get("position_ids").shape()).containsExactly(1L, 7L);
    }
  }

  private static Stored random(DataType type, int... shape) {
    TensorInfo info = TensorInfo.of(type, shape);
    byte[] bytes = new byte[(int) info.byteSize()];
    new SplittableRandom(5).nextBytes(bytes);
    return new Stored(info, ByteBuffer.wrap(bytes));
  }

  // ---------------------------------------------------------------- mistakes

  @ParameterizedTest
  @ValueSource(strings = {"unpack ARCHIVE -o FULL", "finalize RUN -o FULL"})
  @DisplayName("a folder that is not empty is left alone")
  void fullFolder(String command) throws IOException {
    Path archive = directory.resolve("m.espalier");
    ArchiveWriter.pack(archive, weights);
    Path full = Files.createDirectories(directory.resolve("full"));
    Files.writeString(full.resolve("mine"), "mine");

    Executed refused =
        Executed.of(
            command
                .replace("ARCHIVE", archive.toString())
                .replace("RUN", run.toString())
                .replace("FULL", full.toString())
                .split(" "));

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.err()).contains("the folder is not empty");
    assertThat(full.toFile().list()).containsExactly("mine");
  }

  /** pack replaced what was there, its own input as well; below a file all of them ended with 4. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "pack MODEL -o MODEL | this is the model itself",
        "pack RUN -o MINE | there is something already",
        "pack RUN -o LINK | there is something already",
        "pack RUN -o MINE/x | mine is not a folder",
        "unpack ARCHIVE -o MINE | it is a file",
        "unpack ARCHIVE -o LINK | it is a symbolic link to what is no folder",
        "unpack ARCHIVE -o MINE/x/y | mine is not a folder",
        "finalize RUN -o MINE/x | mine is not a folder",
      })
  @DisplayName("what is there is not overwritten, and what cannot be made is said at once")
  void overwritesNothing(String command, String message) throws IOException {
    Path archive = directory.resolve("m.espalier");
    ArchiveWriter.pack(archive, weights);
    Path mine = Files.writeString(directory.resolve("mine"), "mine");
    Path link = Files.createSymbolicLink(directory.resolve("link"), directory.resolve("nowhere"));
    Path model = run.resolve("best/model.safetensors");
    byte[] before = Files.readAllBytes(model);

    Executed refused =
        Executed.of(
            command
                .replace("ARCHIVE", archive.toString())
                .replace("MODEL", model.toString())
                .replace("RUN", run.toString())
                .replace("LINK", link.toString())
                .replace("MINE", mine.toString())
                .split(" "));

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.err()).contains(message);
    assertThat(mine).hasContent("mine");
    assertThat(link).isSymbolicLink();
    assertThat(model).hasBinaryContent(before);
  }

  @ParameterizedTest
  @ValueSource(strings = {"new", "there"})
  @DisplayName("a model's folder has its files and no draft, be it new or there and empty")
  void noDraft(String name) throws IOException {
    Files.createDirectory(directory.resolve("there"));
    Path output = directory.resolve(name);

    assertThat(Executed.of("finalize", run.toString(), "-o", output.toString()).exitCode())
        .isZero();

    assertThat(output.toFile().list())
        .contains("config.json", "model.safetensors")
        .noneMatch(file -> file.startsWith("."));
    assertThat(directory.toFile().list()).noneMatch(file -> file.startsWith("."));
  }

  @ParameterizedTest
  @ValueSource(strings = {"count NONE", "count EMPTY", "pack EMPTY -o OUT", "unpack NONE -o OUT"})
  @DisplayName("what is not there is an error with its page")
  void missing(String command) throws IOException {
    Path empty = Files.createDirectories(directory.resolve("empty"));

    Executed refused =
        Executed.of(
            command
                .replace("NONE", directory.resolve("none").toString())
                .replace("EMPTY", empty.toString())
                .replace("OUT", directory.resolve("out").toString())
                .split(" "));

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.err()).contains("docs/errors/missing-file.md");
    assertThat(directory.resolve("out")).doesNotExist();
  }

  @Test
  @DisplayName("weights that are not finite cannot be packed, and leave no file")
  void notFinite() {
    weights.get(MATRIX).values()[3] = Float.NaN;
    Path model = directory.resolve("bad.safetensors");
    SafeTensorsWriter.write(model, Map.of(), weights);
    Path archive = directory.resolve("m.espalier");

    Executed refused = Executed.of("pack", model.toString(), "-o", archive.toString());

    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.err()).contains(MATRIX + " has the value NaN at position 3");
    assertThat(archive).doesNotExist();
  }
}
