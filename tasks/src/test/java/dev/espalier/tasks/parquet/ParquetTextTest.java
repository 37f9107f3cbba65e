package dev.espalier.tasks.parquet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.espalier.api.data.EncodedExample;
import dev.espalier.api.data.Head;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.core.data.TaskSource.Request;
import dev.espalier.core.data.TaskSource.TaskData;
import dev.espalier.tasks.MiniLm;
import dev.espalier.tasks.TaskLoader;
import dev.espalier.tasks.glue.GlueTasks;
import dev.espalier.tasks.squad.Question;
import dev.espalier.tasks.squad.SquadReader;
import dev.espalier.tasks.table.TableReader;
import dev.espalier.tasks.text.LabelledText;
import dev.espalier.tasks.text.Part;
import dev.espalier.tasks.text.TextFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroup;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Parquet files as the hub's data sets have them. */
class ParquetTextTest {
  private static final MessageType PAIRS =
      MessageTypeParser.parseMessageType(
          """
          message pairs {
            optional binary premise (STRING);
            optional binary hypothesis (STRING);
            optional int64 label;
            optional int32 idx;
            optional group tags (LIST) { repeated group list { optional binary element (STRING); } }
          }
          """);

  private static final String CLASSES =
      "{\"info\": {\"features\": {\"label\": {\"names\": [\"entailment\", \"neutral\","
          + " \"contradiction\"], \"_type\": \"ClassLabel\"}, \"idx\": {\"dtype\": \"int32\","
          + " \"_type\": \"Value\"}}}}";

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(
      value = CompressionCodecName.class,
      names = {"UNCOMPRESSED", "SNAPPY", "ZSTD"})
  @DisplayName("rows become JSON lines, classes get their names, lists are left out")
  void reads(CompressionCodecName codec) throws IOException {
    Path file = folder.resolve("train-00000-of-00001.parquet");
    write(
        file,
        codec,
        Map.of("huggingface", CLASSES),
        row("A \"b\"", "Größe\n日本 😀", 2, 7),
        row(null, "B", 0, 8));

    assertThat(ParquetText.isParquet(file)).isTrue();
    assertThat(ParquetText.read(file).text().lines())
        .containsExactly(
            "{\"premise\":\"A \\\"b\\\"\",\"hypothesis\":\"Größe\\n日本 😀\",\"label\":\"contradiction\","
                + "\"idx\":7}",
            "{\"premise\":null,\"hypothesis\":\"B\",\"label\":\"entailment\",\"idx\":8}");
  }

  @Test
  @DisplayName("a GLUE task reads the hub's columns, and its classes by name whatever their order")
  void mnli() throws IOException {
    Path file = folder.resolve("mnli.parquet");
    write(
        file,
        CompressionCodecName.SNAPPY,
        Map.of("huggingface", CLASSES),
        row("A", "B", 0, 1),
        row("C", "D", 2, 2),
        row("E", "F", -1, 3));

    Path dev = folder.resolve("dev.parquet");
    write(dev, CompressionCodecName.SNAPPY, Map.of("huggingface", CLASSES), row("G", "H", 0, 1));

    TaskData loaded =
        new TaskLoader().load(new Request("mnli", file, dev, 0, 0, 16, 0), MiniLm.tokenizerJson());

    List<String> labels = ((Head.Classification) loaded.train().head()).labels();
    assertThat(loaded.train().examples())
        .extracting(EncodedExample::label)
        .extracting(labels::get)
        .containsExactly("entailment", "contradiction"); // −1 is no label
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "1, 1"})
  @DisplayName("without names the numbers are the classes, as GLUE's own files write them")
  void numbers(int written, int label) throws IOException {
    Path file = folder.resolve("sst2.parquet");
    MessageType schema =
        MessageTypeParser.parseMessageType(
            "message m { optional binary sentence (STRING); optional int64 label; }");
    SimpleGroup row = new SimpleGroup(schema);
    row.add("sentence", "fine film");
    row.add("label", (long) written);
    write(file, schema, CompressionCodecName.UNCOMPRESSED, Map.of(), row);

    assertThat(
            TableReader.read(
                    GlueTasks.find("sst-2").orElseThrow().inParquet(), ParquetText.read(file))
                .examples())
        .containsExactly(new LabelledText("fine film", null, label));
  }

  @ParameterizedTest
  @ValueSource(strings = {"element", "item"})
  @DisplayName("questions are read from the hub's rows, in one file or several")
  void questions(String element) throws IOException {
    MessageType schema =
        MessageTypeParser.parseMessageType(
            """
            message squad {
              optional binary id (STRING);
              optional binary title (STRING);
              optional binary context (STRING);
              optional binary question (STRING);
              optional group answers {
                optional group text (LIST) { repeated group list { optional binary NAME (STRING); } }
                optional group answer_start (LIST) { repeated group list { optional int32 NAME; } }
              }
            }
            """
                .replace("NAME", element));
    List<Group> rows = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      SimpleGroup row = new SimpleGroup(schema);
      row.add("id", "q" + i);
      row.add("context", "one 𝔘 two");
      row.add("question", "what ?");
      Group answers = row.addGroup("answers");
      Group texts = answers.addGroup("text");
      Group starts = answers.addGroup("answer_start");
      for (int a = 0; a < i; a++) {
        texts.addGroup("list").add(element, a == 0 ? "two" : "one");
        starts.addGroup("list").add(element, a == 0 ? 6 : 0);
      }
      rows.add(row);
    }
    Path first = folder.resolve("0.parquet");
    Path second = folder.resolve("1.parquet");
    write(first, schema, CompressionCodecName.SNAPPY, Map.of(), rows.get(0), rows.get(1));
    write(second, schema, CompressionCodecName.SNAPPY, Map.of(), rows.get(2));

    TextFile file = ParquetText.readNested(List.of(first, second));

    assertThat(SquadReader.read(file, true, Part.ALL))
        .containsExactly(
            new Question("q0", "what ?", "one 𝔘 two", List.of()),
            new Question("q1", "what ?", "one 𝔘 two", List.of(new Question.Answer("two", 6))),
            new Question(
                "q2",
                "what ?",
                "one 𝔘 two",
                List.of(new Question.Answer("two", 6), new Question.Answer("one", 0))));
    TaskData loaded =
        new TaskLoader()
            .load(new Request("squad-v2", first, second, 0, 0, 384, 1), MiniLm.tokenizerJson());
    assertThat(loaded.train().size()).isEqualTo(2);
    assertThat(loaded.evaluations().get(0).set().size()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({"0", "4", "100", "-1"})
  @DisplayName("what is no Parquet file, or not a whole one, is refused with its name")
  void broken(int length) throws IOException {
    Path file = folder.resolve("broken.parquet");
    write(file, CompressionCodecName.SNAPPY, Map.of(), row("A", "B", 0, 1), row("C", "D", 1, 2));
    byte[] whole = Files.readAllBytes(file);
    if (length < 0) {
      Arrays.fill(whole, whole.length / 4, whole.length / 2, (byte) 0xff);
      Files.write(file, whole);
    } else {
      Files.write(file, Arrays.copyOf(whole, length));
    }

    assertThatThrownBy(() -> ParquetText.readNested(List.of(file)))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("broken.parquet: not a readable Parquet file");
    assertThatThrownBy(() -> ParquetText.read(file))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("broken.parquet")
        .hasMessageContaining("not a readable Parquet file");
  }

  @Test
  void says_what_is_missing() {
    assertThatThrownBy(() -> ParquetText.read(folder.resolve("none.parquet")))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("there is no such file");
  }

  private static Group row(String premise, String hypothesis, long label, int index) {
    SimpleGroup row = new SimpleGroup(PAIRS);
    if (premise != null) {
      row.add("premise", premise);
    }
    row.add("hypothesis", hypothesis);
    row.add("label", label);
    row.add("idx", index);
    row.addGroup("tags").addGroup("list").add("element", "x");
    return row;
  }

  private static void write(
      Path file, CompressionCodecName codec, Map<String, String> metadata, Group... rows)
      throws IOException {
    write(file, PAIRS, codec, metadata, rows);
  }

  private static void write(
      Path file,
      MessageType schema,
      CompressionCodecName codec,
      Map<String, String> metadata,
      Group... rows)
      throws IOException {
    try (ParquetWriter<Group> writer =
        ExampleParquetWriter.builder(new LocalOutputFile(file))
            .withType(schema)
            .withConf(new PlainParquetConfiguration())
            .withCompressionCodec(codec)
            .withExtraMetaData(metadata)
            .build()) {
      for (Group row : rows) {
        writer.write(row);
      }
    }
  }
}
