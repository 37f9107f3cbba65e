package dev.espalier.tasks;

import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.data.Head;
import dev.espalier.tasks.TaskLoader.Evaluation;
import dev.espalier.tasks.TaskLoader.Loaded;
import dev.espalier.tasks.TaskLoader.Request;
import dev.espalier.tasks.glue.GlueTasks;
import dev.espalier.tasks.parquet.ParquetText;
import dev.espalier.tasks.table.Format;
import dev.espalier.tasks.table.GenericTable;
import dev.espalier.tasks.table.TableReader;
import dev.espalier.tasks.table.TableTask;
import dev.espalier.tasks.text.LabelledText;
import dev.espalier.tasks.text.LabelledTexts;
import dev.espalier.tasks.text.Part;
import dev.espalier.tasks.text.TextEncoder;
import dev.espalier.tasks.text.TextFile;
import dev.espalier.tasks.twin.SentimentTwin;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Loads tasks with an example in each row. */
final class TableLoading {
  private final TextEncoder encoder;

  private TableLoading(TextEncoder encoder) {
    this.encoder = encoder;
  }

  static Loaded load(Request request, TextEncoder encoder) {
    TableLoading loading = new TableLoading(encoder);
    if (request.task().equals(SentimentTwin.NAME)) {
      return loading.sentimentTwin(request);
    }
    return Twins.hasFiles(request.task())
        ? loading.twin(Twins.files(request))
        : loading.files(request);
  }

  private Loaded sentimentTwin(Request request) {
    SentimentTwin.Sets sets =
        SentimentTwin.generate(
            request.trainExamples(), request.evaluationExamples(), request.seed());
    Head head = new Head.Classification(SentimentTwin.LABELS);
    return loaded(
        head,
        List.of("accuracy"),
        sets.train(),
        List.of(new Read("", "evaluation", sets.evaluation())));
  }

  private Loaded twin(Twins.Files files) {
    TableTask task = GlueTasks.find(files.task()).orElseThrow();
    return loaded(
        task.head(),
        task.metrics(),
        TableReader.read(task, files.train()),
        evaluations(task, files.evaluation(), Part.ALL, files.mismatched()));
  }

  private Loaded files(Request request) {
    String name = request.task();
    Path train = TaskLoader.needed(name, "training", request.train());
    Path evaluation = TaskLoader.needed(name, "evaluation", request.evaluation());
    Optional<Format> format = GenericTable.format(name);
    TextFile trainFile = read(train);
    TableTask task =
        format.isPresent()
            ? GenericTable.task(
                format.orElseThrow(), request.columns(), request.labels(), trainFile)
            : GlueTasks.find(name).orElseThrow();
    Path mismatched = request.evaluationMismatched();
    // the smaller files first, so that a mistake in them does not wait for the larger one
    List<Read> evaluations =
        evaluations(
            task,
            read(evaluation),
            request.evaluationPart(),
            mismatched == null ? null : read(mismatched));
    LabelledTexts trainTexts = read(task, trainFile).part(request.trainPart());
    return loaded(task.head(), task.metrics(), trainTexts, evaluations);
  }

  private static TextFile read(Path file) {
    return ParquetText.isParquet(file) ? ParquetText.read(file) : TextFile.read(file);
  }

  /** Reads a file as its name says: every task may be in Parquet files, too. */
  private static LabelledTexts read(TableTask task, TextFile file) {
    boolean parquet = ParquetText.isParquet(Path.of(file.source()));
    return TableReader.read(parquet ? task.inParquet() : task, file);
  }

  /** A set before it is tokenized. */
  private record Read(String suffix, String name, LabelledTexts texts) {}

  private static List<Read> evaluations(
      TableTask task, TextFile evaluation, Part part, @Nullable TextFile mismatched) {
    List<Read> read = new ArrayList<>();
    read.add(new Read("", "evaluation", read(task, evaluation).part(part)));
    if (mismatched != null) {
      String suffix = TaskLoader.MISMATCHED;
      read.add(new Read(suffix, "evaluation" + suffix, read(task, mismatched)));
    }
    return read;
  }

  private Loaded loaded(
      Head head, List<String> metrics, LabelledTexts train, List<Read> evaluations) {
    EncodedSet encodedTrain = encoded("train", train, head);
    List<Evaluation> encoded = new ArrayList<>();
    for (Read each : evaluations) {
      encoded.add(TaskLoader.plain(each.suffix(), encoded(each.name(), each.texts(), head)));
    }
    return new Loaded(encodedTrain, encoded, metrics, shared(train, evaluations.get(0).texts()));
  }

  private EncodedSet encoded(String name, LabelledTexts texts, Head head) {
    return new EncodedSet(
        name, texts.source(), texts.sha256(), head, encoder.encode(texts.examples()));
  }

  private static int shared(LabelledTexts train, LabelledTexts evaluation) {
    Set<LabelledText> known =
        train.examples().stream().map(LabelledText::withoutLabel).collect(Collectors.toSet());
    return (int)
        evaluation.examples().stream()
            .map(LabelledText::withoutLabel)
            .filter(known::contains)
            .count();
  }
}
