package dev.espalier.checkpoints;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.core.model.BertArchitecture;
import dev.espalier.core.model.PretrainedModel;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.model.TransformerParameters;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointsTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final BertArchitecture TINY =
      new BertArchitecture(9, 4, 2, 2, 6, 8, 2, 1e-12, 0.1, 0.1);

  @TempDir Path folder;
  private final ObjectNode config = JSON.createObjectNode();
  private final TreeMap<String, Tensor> tensors = new TreeMap<>();

  @BeforeEach
  void model() throws IOException {
    config.put("model_type", "bert").put("vocab_size", 9).put("hidden_size", 4);
    config.put("num_hidden_layers", 2).put("num_attention_heads", 2).put("intermediate_size", 6);
    config.put("max_position_embeddings", 8).put("hidden_act", "gelu");
    SplittableRandom random = new SplittableRandom(5);
    TransformerParameters.encoder(TINY)
        .forEach(
            (name, shape) -> {
              float[] values = new float[shape.length == 1 ? shape[0] : shape[0] * shape[1]];
              for (int i = 0; i < values.length; i++) {
                values[i] = random.nextInt(-64, 64) / 32f; // exact in float16
              }
              tensors.put(name, new Tensor(shape, values));
            });
    Files.writeString(
        folder.resolve("vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\nc\nd\n");
    write();
  }

  private void write() throws IOException {
    Files.writeString(folder.resolve("config.json"), config.toString());
    SafeTensorsWriter.write(folder.resolve("model.safetensors"), Map.of(), tensors);
  }

  @Test
  @DisplayName("the encoder is enough: heads and pooler are the trainer's to add")
  void encoder() {
    PretrainedModel model = Checkpoints.load(folder);

    assertThat(model.weights().architecture()).isEqualTo(TINY);
    assertThat(model.weights().tensors().keySet()).isEqualTo(tensors.keySet());
    assertThat(model.notes()).isEmpty();
    assertThat(model.companions()).containsOnlyKeys("config.json", "vocab.txt");
    assertThat(model.sha256()).hasSize(64);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"num_labels\": 3, \"id2label\": {\"0\": \"a\", \"1\": \"b\"} | num_labels 3 contradicts id2label {\"0\":\"a\",\"1\":\"b\"}",
        "\"num_labels\": \"2\" | num_labels should be a whole number, found \"2\"",
        "\"num_labels\": 3 | num_labels 3 contradicts classifier.weight, which has 2 rows",
        "\"id2label\": {\"0\": \"a\"} | id2label {\"0\":\"a\"} contradicts classifier.weight, which has 2 rows",
        "\"problem_type\": \"ranking\" | problem_type should be one of regression, single_label_classification, multi_label_classification, found \"ranking\"",
        "\"problem_type\": \"regression\", \"num_labels\": 2 | problem_type \"regression\" contradicts num_labels 2",
        "\"problem_type\": \"single_label_classification\", \"id2label\": {\"0\": \"a\"} | problem_type \"single_label_classification\" contradicts id2label {\"0\":\"a\"}",
      })
  @DisplayName(
      "a config.json that contradicts itself or the classifier is refused, with both values")
  void contradictions(String keys, String told) throws IOException {
    tensors.put("classifier.weight", new Tensor(new int[] {2, 4}, new float[8]));
    tensors.put("classifier.bias", new Tensor(new int[] {2}, new float[2]));
    config.setAll((ObjectNode) JSON.readTree("{" + keys + "}"));
    write();

    assertThatThrownBy(() -> Checkpoints.load(folder))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining(folder.resolve("config.json") + ": " + told);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"num_labels\": 2, \"id2label\": {\"0\": \"a\", \"1\": \"b\"}",
        "\"problem_type\": null, \"num_labels\": null",
        "\"problem_type\": \"multi_label_classification\"",
      })
  @DisplayName("one that agrees is read")
  void agreement(String keys) throws IOException {
    tensors.put("classifier.weight", new Tensor(new int[] {2, 4}, new float[8]));
    tensors.put("classifier.bias", new Tensor(new int[] {2}, new float[2]));
    config.setAll((ObjectNode) JSON.readTree("{" + keys + "}"));
    write();

    assertThat(Checkpoints.load(folder).weights().tensors()).containsKey("classifier.weight");
  }

  @Test
  @DisplayName("shards are found by their index, and one that is missing is named")
  void shards() throws IOException {
    TreeMap<String, Tensor> first = new TreeMap<>(tensors.headMap("bert.encoder.layer.1"));
    TreeMap<String, Tensor> second = new TreeMap<>(tensors.tailMap("bert.encoder.layer.1"));
    SafeTensorsWriter.write(folder.resolve("model-1.safetensors"), Map.of(), first);
    SafeTensorsWriter.write(folder.resolve("model-2.safetensors"), Map.of(), second);
    Files.delete(folder.resolve("model.safetensors"));
    ObjectNode index = JSON.createObjectNode();
    ObjectNode map = index.putObject("weight_map");
    first.keySet().forEach(name -> map.put(name, "model-1.safetensors"));
    second.keySet().forEach(name -> map.put(name, "model-2.safetensors"));
    Path file = folder.resolve("model.safetensors.index.json");
    Files.writeString(file, index.toString());

    PretrainedModel model = Checkpoints.load(folder);

    tensors.forEach(
        (name, tensor) ->
            assertThat(model.weights().get(name).values()).as(name).isEqualTo(tensor.values()));

    Files.delete(folder.resolve("model-2.safetensors"));
    assertRefused("model-2.safetensors: there is no such file");
    map.put("bert.embeddings.LayerNorm.bias", "../elsewhere.safetensors");
    Files.writeString(file, index.toString());
    assertRefused("\"../elsewhere.safetensors\" is no name of a file beside it");
  }

  @Test
  @DisplayName("float16 becomes float32, and that is said")
  void half() throws IOException {
    TreeMap<String, SafeTensorsWriter.Stored> halves = new TreeMap<>();
    tensors.forEach(
        (name, tensor) -> {
          ByteBuffer bytes = ByteBuffer.allocate(2 * tensor.values().length);
          for (float value : tensor.values()) {
            bytes.putShort(Short.reverseBytes(half(value)));
          }
          halves.put(
              name,
              new SafeTensorsWriter.Stored(
                  TensorInfo.of(DataType.F16, tensor.shape()), bytes.flip()));
        });
    SafeTensorsWriter.write(folder.resolve("model.safetensors"), Map.of(), Map.of(), halves);

    PretrainedModel model = Checkpoints.load(folder);

    assertThat(model.notes()).containsExactly("Weights stored as [F16] are converted to float32.");
    tensors.forEach(
        (name, tensor) ->
            assertThat(model.weights().get(name).values()).as(name).isEqualTo(tensor.values()));
  }

  @ParameterizedTest
  @EnumSource(
      value = DataType.class,
      names = {"I8", "U8", "I16", "I32", "I64", "BOOL"})
  @DisplayName("weights stored as integers are refused, not read without their scales")
  void integerWeights(DataType type) throws IOException {
    String name = "bert.encoder.layer.0.output.dense.weight";
    String reason = "model.safetensors: stores " + name + " as " + type + ": integers";
    store(name, type, 4, 6);

    assertRefused(reason);
    assertThatThrownBy(() -> Checkpoints.load(folder))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> {
              assertThat(e.exitCode()).isEqualTo(2);
              assertThat(e.problems().get(0).advice()).contains("original float checkpoint");
            });
    assertThatThrownBy(
            () -> new SafeTensorsStore().readTensors(folder.resolve("model.safetensors")))
        .as("a baseline")
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining(reason);

    store(name, type, 12, 1);
    assertRefused(reason);
  }

  @Test
  @DisplayName("so are those of a head and a pooler, which need not be there")
  void integerHead() throws IOException {
    store("classifier.weight", DataType.I8, 2, 4);
    assertRefused("stores classifier.weight as I8");
    store("bert.pooler.dense.weight", DataType.I8, 4, 4);
    assertRefused("stores bert.pooler.dense.weight as I8");
  }

  @Test
  @DisplayName("packed weights of GPTQ or AWQ are told by their names, if config.json doesn't tell")
  void packedWeights() throws IOException {
    String name = "bert.encoder.layer.0.output.dense.";
    tensors.remove(name + "weight");
    store(name + "qweight", DataType.I32, 1, 4);

    assertThatThrownBy(() -> Checkpoints.load(folder))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> assertThat(e.problems().get(0).advice()).contains("GPTQ", "original float"))
        .hasMessageContaining("has no " + name + "weight");
  }

  @Test
  @DisplayName("a buffer of integers does no harm")
  void integerBuffer() throws IOException {
    store("bert.embeddings.position_ids", DataType.I64, 1, 8);

    assertThat(Checkpoints.load(folder).notes()).isEmpty();
    assertThat(new SafeTensorsStore().readTensors(folder.resolve("model.safetensors")))
        .containsKeys(tensors.keySet().toArray(String[]::new));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"quant_method": "gptq", "bits": 4} | gptq
          {"quant_method": "bitsandbytes"}    | bitsandbytes
          {"load_in_8bit": true}              | bitsandbytes
          {}                                  | a library that it does not name
          """)
  @DisplayName("a checkpoint that config.json says is quantized is refused with the library's name")
  void quantizationConfig(String content, String library) throws IOException {
    config.set("quantization_config", JSON.readTree(content));
    write();
    String reason =
        "config.json: quantization_config: the checkpoint is quantized by "
            + library
            + "; Espalier prunes float weights";

    assertRefused(reason);
    assertThatThrownBy(
            () -> new SafeTensorsStore().readTensors(folder.resolve("model.safetensors")))
        .as("a baseline")
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining(reason);

    config.putNull("quantization_config");
    write();
    assertThat(Checkpoints.load(folder).notes()).isEmpty();
  }

  /** Writes the model with one tensor of another type, all zeros. */
  private void store(String name, DataType type, int... shape) throws IOException {
    TensorInfo info = TensorInfo.of(type, shape);
    TreeMap<String, Tensor> others = new TreeMap<>(tensors);
    others.remove(name);
    SafeTensorsWriter.write(
        folder.resolve("model.safetensors"),
        Map.of(),
        others,
        new TreeMap<>(
            Map.of(
                name,
                new SafeTensorsWriter.Stored(
                    info, ByteBuffer.allocate(Math.toIntExact(info.byteSize()))))));
  }

  @ParameterizedTest(name = "{0} = {1}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          model_type              | "gpt2"       | model_type "gpt2" cannot be trained
          hidden_act              | "gelu_new"   | hidden_act "gelu_new" cannot be trained; only "gelu" can
          position_embedding_type | "relative_key" | position_embedding_type "relative_key" cannot be trained
          is_decoder              | true         | is_decoder is true
          num_attention_heads     | 3            | hidden_size 4 is not a multiple of num_attention_heads 3
          num_hidden_layers       | 999999       | num_hidden_layers should be a whole number from 1 to 1000, found 999999
          vocab_size              | 9.5          | vocab_size should be a whole number
          hidden_dropout_prob     | 1            | hidden_dropout_prob should be at least 0.0 and below 1.0, found 1
          num_hidden_layers       | 3            | has no bert.encoder.layer.2.attention.self.query.weight, no
          hidden_size             | 8            | bert.embeddings.word_embeddings.weight should have shape [9, 8] by config.json, found [9, 4]
          """)
  @DisplayName("what cannot be trained, or does not fit the weights, is a problem that says what")
  void wrongConfig(String key, String value, String reason) throws IOException {
    config.set(key, JSON.readTree(value));
    write();

    assertRefused(reason);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "NaN, NaN in bert.encoder.layer.1.output.dense.weight at [2, 5]",
    "Infinity, Infinity in bert.encoder.layer.1.output.dense.weight at [2, 5]",
    "-Infinity, -Infinity in bert.encoder.layer.1.output.dense.weight at [2, 5]",
  })
  @DisplayName("a weight that is not finite is refused, with its tensor and its place")
  void notFinite(float value, String reason) throws IOException {
    tensors.get("bert.encoder.layer.1.output.dense.weight").values()[2 * 6 + 5] = value;
    write();

    assertRefused("model.safetensors: has " + reason);
    assertThatThrownBy(() -> Checkpoints.load(folder))
        .isInstanceOfSatisfying(ProblemException.class, e -> assertThat(e.exitCode()).isEqualTo(2));
  }

  @Test
  @DisplayName("so is one of a model whose weights were read elsewhere")
  void notFiniteElsewhere() {
    PretrainedModel model = Checkpoints.load(folder);
    Path file = folder.resolve("model.pt");
    model.weights().get("bert.embeddings.LayerNorm.bias").values()[1] = Float.NaN;

    assertThatThrownBy(() -> Checkpoints.around(file, model.weights()))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("model.pt: has NaN in bert.embeddings.LayerNorm.bias at [1]");
  }

  @Test
  @DisplayName("of many tensors that are not finite the first are named, the others counted")
  void manyNotFinite() throws IOException {
    tensors.values().forEach(tensor -> tensor.values()[0] = Float.NaN);
    write();

    assertRefused("and in " + (tensors.size() - 3) + " more tensors");
  }

  @Test
  @DisplayName("of torch.nn.utils.prune, the weights with their masks are read")
  void torchPruning() throws IOException {
    String name = "bert.encoder.layer.0.output.dense.weight";
    float[] mask = new float[24];
    mask[3] = 1;
    float expected = tensors.get(name).values()[3];
    tensors.put(name + "_orig", tensors.remove(name));
    tensors.put(name + "_mask", Tensor.matrix(4, 6, mask));
    write();

    PretrainedModel model = Checkpoints.load(folder);

    assertThat(model.weights().get(name).zeros()).isEqualTo(23);
    assertThat(model.weights().get(name).values()[3]).isEqualTo(expected);
    assertThat(model.notes())
        .containsExactly(
            "The masks of torch.nn.utils.prune are applied to 1 parameter: NAME is NAME_orig with"
                + " NAME_mask.");
    assertThat(new SafeTensorsStore().readTensors(folder.resolve("model.safetensors")))
        .containsKey(name)
        .doesNotContainKey(name + "_orig");
  }

  @Test
  @DisplayName("half of what torch.nn.utils.prune writes is refused, with what was found")
  void halfOfTorchPruning() throws IOException {
    String name = "bert.encoder.layer.0.output.dense.weight";
    tensors.put(name + "_orig", tensors.remove(name));
    write();
    assertRefused("has no " + name);
    assertThatThrownBy(() -> Checkpoints.load(folder))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e ->
                assertThat(e.problems().get(0).advice())
                    .startsWith("Found was " + name + "_orig: a reparametrization"));

    tensors.put(name + "_mask", Tensor.matrix(6, 4, new float[24]));
    write();
    assertRefused(name + "_mask has shape [6, 4], and " + name + "_orig has [4, 6]");
  }

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          tokenizer_config.json | {"tokenizer_class": "RobertaTokenizer"}      | tokenizer_class "RobertaTokenizer": the tokenizer RobertaTokenizer cannot be made of vocab.txt
          tokenizer_config.json | {"tokenizer_class": "T5TokenizerFast"}       | T5TokenizerFast cannot be made of vocab.txt
          config.json           | {"tokenizer_class": "BertJapaneseTokenizer"} | config.json: tokenizer_class "BertJapaneseTokenizer"
          config.json           | {"model_type": "roberta"}                    | config.json: model_type "roberta": the tokenizer RobertaTokenizer cannot be made of vocab.txt
          added_tokens.json     | {"[e1]": "nine"}                             | added_tokens.json: "[e1]" has no id: "nine"
          added_tokens.json     | [1]                                          | added_tokens.json: is no JSON object
          tokenizer_config.json | {"added_tokens_decoder": {"x": {}}}          | tokenizer_config.json: added_tokens_decoder: x is no id of a token: {}
          """)
  @DisplayName("a tokenizer that vocab.txt can't stand for is refused by its name")
  void otherTokenizer(String file, String content, String reason) throws IOException {
    if (file.equals("config.json")) {
      config.setAll((ObjectNode) JSON.readTree(content));
      write();
    } else {
      Files.writeString(folder.resolve(file), content);
    }

    assertRefused(reason);
  }

  @ParameterizedTest
  @ValueSource(strings = {"BertTokenizer", "BertTokenizerFast", "DistilBertTokenizer"})
  @DisplayName("a tokenizer of word pieces is what vocab.txt stands for")
  void wordPieceTokenizer(String name) throws IOException {
    Files.writeString(
        folder.resolve("tokenizer_config.json"), "{\"tokenizer_class\": \"" + name + "\"}");

    assertThat(Checkpoints.load(folder).tokenizerJson()).isNotEmpty();
  }

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          added_tokens.json     | {"[e1]": 9, "[e2]": 10, "a": 5}
          tokenizer_config.json | {"added_tokens_decoder": {"9": {"content": "[e1]"}, "10": {"content": "[e2]"}}}
          """)
  @DisplayName("tokens that were added beside a tokenizer.json that does not know them are told")
  void staleTokenizer(String file, String content) throws IOException {
    byte[] made = Checkpoints.load(folder).tokenizerJson();
    Files.writeString(folder.resolve(file), content);
    byte[] complete = Checkpoints.load(folder).tokenizerJson();
    Files.write(folder.resolve("tokenizer.json"), made);

    assertThat(Checkpoints.load(folder).notes())
        .containsExactly(
            "tokenizer.json does not know 2 tokens that the files beside it have added: [e1],"
                + " [e2]. A text that has one is cut into other tokens.");

    Files.write(folder.resolve("tokenizer.json"), complete);
    assertThat(Checkpoints.load(folder).notes()).isEmpty();
  }

  @Test
  @DisplayName("class names go with a file: those beside it, or of the run that it is of")
  void labels() throws IOException {
    SafeTensorsStore store = new SafeTensorsStore();
    assertThat(store.labels(folder.resolve("model.safetensors"))).isEmpty();
    config.putObject("id2label").put("0", "LABEL_0").put("1", "LABEL_1");
    write();
    assertThat(store.labels(folder.resolve("model.safetensors"))).isEmpty();
    config.putObject("id2label").put("1", "b").put("0", "a");
    write();
    assertThat(store.labels(folder.resolve("model.safetensors"))).containsExactly("a", "b");

    Path best = Files.createDirectory(folder.resolve("best"));
    Path trial = Files.createDirectory(folder.resolve("trial-1")).resolve("model.onnx");
    config.putObject("id2label").put("0", "c").put("1", "d");
    Files.writeString(best.resolve("config.json"), config.toString());
    assertThat(store.labels(trial)).as("a folder that happens to be named best").isEmpty();
    Files.writeString(folder.resolve("environment.json"), "{}");
    assertThat(store.labels(trial)).containsExactly("c", "d");
  }

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
                                         | {"b": 1, "a": 0}         | a b | false
          {}                             | {"b": 1, "a": 0}         | a b | false
          {"0": "LABEL_0","1":"LABEL_1"} | {"b": 1, "a": 0}         | a b | false
          {"0": "a", "1": "b"}           | {"b": 1, "a": 0}         | a b | false
          {"0": "a", "1": "b"}           | {}                       | a b | false
          {"0": "a", "1": "b"}           | {"a": 1, "b": 0}         | a b | true
          {"0": "a", "1": "b"}           | {"a": 0}                 | a b | true
          {"0": "LABEL_0","1":"LABEL_1"} | {"a": 0, "b": 1, "c": 2} | ''  | true
                                         | {"b": 2, "a": 0}         | ''  | false
                                         | {"b": 0, "a": 0}         | ''  | false
                                         | {"b": "x", "a": 0}       | ''  | false
                                         | {"LABEL_0": 0}           | ''  | false
          """)
  @DisplayName(
      "class names come from label2id where id2label has none, and a contradiction is said")
  void labelsByName(String byId, String byName, String expected, boolean noted) throws IOException {
    if (byId != null) {
      config.set("id2label", JSON.readTree(byId));
    }
    config.set("label2id", JSON.readTree(byName));
    write();

    PretrainedModel model = Checkpoints.load(folder);

    assertThat(String.join(" ", model.labels())).isEqualTo(expected);
    assertThat(new SafeTensorsStore().labels(folder.resolve("model.safetensors")))
        .isEqualTo(model.labels());
    assertThat(model.notes().stream().anyMatch(note -> note.contains("contradicts itself")))
        .isEqualTo(noted);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "model.safetensors",
        "pytorch_model.bin",
        "tokenizer.json",
        "vocab.txt",
        "config.json"
      })
  @DisplayName("a Git LFS pointer in place of a file is told as that")
  void lfsPointer(String name) throws IOException {
    if (name.equals("pytorch_model.bin")) {
      Files.delete(folder.resolve("model.safetensors"));
    }
    Files.writeString(
        folder.resolve(name),
        "version https://git-lfs.example/spec/v1\noid sha256:" + "0".repeat(64) + "\nsize 440\n");

    assertRefused(name + ": is a Git LFS pointer, not the file that it stands for");
    assertThatThrownBy(() -> Checkpoints.load(folder))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> {
              assertThat(e.exitCode()).isEqualTo(2);
              assertThat(e.problems().get(0).advice()).contains("git lfs pull");
            });
  }

  @Test
  @DisplayName("all that is missing is said at once")
  void missing() throws IOException {
    for (String name : new String[] {"vocab.txt", "config.json", "model.safetensors"}) {
      Files.delete(folder.resolve(name));
    }

    assertThatThrownBy(() -> Checkpoints.load(folder))
        .isInstanceOfSatisfying(ProblemException.class, e -> assertThat(e.problems()).hasSize(3))
        .hasMessageContaining("config.json: there is no such file")
        .hasMessageContaining("has no tokenizer.json, nor vocab.txt")
        .hasMessageContaining("has no model.safetensors and no pytorch_model.bin");
    Files.writeString(folder.resolve("tf_model.h5"), "x");
    assertRefused("has weights as tf_model.h5 only");
    assertThatThrownBy(() -> Checkpoints.load(folder.resolve("no")))
        .hasMessageContaining("there is no such folder");
  }

  private void assertRefused(String reason) {
    assertThatThrownBy(() -> Checkpoints.load(folder))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining(reason);
  }

  /** The float16 of a value that has one and is no subnormal. */
  private static short half(float value) {
    int bits = Float.floatToIntBits(value);
    if (value == 0) {
      return 0;
    }
    int exponent = (bits >> 23 & 0xff) - 127 + 15;
    return (short) ((bits >> 16 & 0x8000) | exponent << 10 | (bits >> 13 & 0x3ff));
  }
}
