package dev.espalier.benchmarks;

import dev.espalier.api.data.EncodedExample;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.data.Head;
import dev.espalier.api.pruning.CubicSchedule;
import dev.espalier.api.run.RunEvent;
import dev.espalier.archive.ArchiveWriter;
import dev.espalier.checkpoints.Checkpoints;
import dev.espalier.checkpoints.SafeTensorsStore;
import dev.espalier.core.model.BertArchitecture;
import dev.espalier.core.model.PretrainedModel;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.model.TransformerParameters;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.core.quantization.QuantizationPlan;
import dev.espalier.core.quantization.QuantizationPlan.Format;
import dev.espalier.core.training.FinePruner;
import dev.espalier.core.training.PruningPlan;
import dev.espalier.core.training.TrainingPlan;
import dev.espalier.djl.DjlFinePruner;
import dev.espalier.onnxruntime.OrtTools;
import dev.espalier.onnxruntime.quantize.QuantizationReport;
import dev.espalier.onnxruntime.quantize.Quantizer;
import dev.espalier.tuner.plugin.PrunerCatalog;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * What a model of BERT-base's size costs: a folder of random weights is written as Hugging Face
 * lays it out, loaded, fine-pruned by movement for a step of batch 16, or another, and length 384,
 * exported, quantized and packed. Each stage prints its seconds and the process' peak memory.
 */
public final class BertBase {
  private static final BertArchitecture SHAPE =
      new BertArchitecture(30_522, 768, 12, 12, 3_072, 512, 2, 1e-12, 0.1, 0.1);
  private static final int BATCH = 16;
  private static final int LENGTH = 384;
  private static final int THREADS = 2;
  private static final int STEPS = 1;
  private static final int LOADS = 3;
  private static final long SEED = 1;

  private BertBase() {}

  /** A stage. */
  private interface Stage {
    void run() throws IOException;
  }

  /**
   * Prints a line for each stage.
   *
   * @param arguments a folder for the files, some 2 GB, and the batch size, 16 by default
   */
  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    int batch = arguments.length > 1 ? Integer.parseInt(arguments[1]) : BATCH;
    Path source = folder.resolve("bert-base");
    if (!Files.exists(source.resolve("model.safetensors"))) {
      timed("write", () -> write(source));
    }
    PretrainedModel[] model = new PretrainedModel[1];
    for (int i = 0; i < LOADS; i++) {
      model[0] = null;
      timed("load", () -> model[0] = Checkpoints.load(source));
    }
    TransformerWeights[] trained = new TransformerWeights[1];
    timed("train", () -> trained[0] = train(model[0], folder, batch));
    Path onnx = folder.resolve("model.onnx");
    Head head = new Head.Classification(List.of("0", "1"));
    timed("export", () -> new OrtTools().export(trained[0], head, onnx));
    timed(
        "quantize",
        () -> {
          QuantizationReport unused =
              new Quantizer(QuantizationPlan.of(Format.DYNAMIC))
                  .quantize(onnx, folder.resolve("int8.onnx"), Map.of());
        });
    timed(
        "pack",
        () -> {
          long unused = ArchiveWriter.pack(folder.resolve("model.espalier"), trained[0].tensors());
        });
  }

  private static void timed(String name, Stage stage) throws IOException {
    long start = System.nanoTime();
    stage.run();
    PrintStream out = System.out;
    out.printf("%-10s %7.2f s  peak %s%n", name, (System.nanoTime() - start) / 1e9, peak());
  }

  /** The most memory that the process has had, as Linux counts it. */
  private static String peak() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmHWM:"))
        .map(line -> line.replaceAll("[^0-9]", ""))
        .map(kib -> String.format("%.2f GiB", Long.parseLong(kib) / 1048576.0))
        .findFirst()
        .orElse("unknown");
  }

  private static void write(Path folder) throws IOException {
    SplittableRandom random = new SplittableRandom(SEED);
    TreeMap<String, Tensor> tensors = new TreeMap<>();
    TransformerParameters.encoder(SHAPE)
        .forEach(
            (name, shape) -> {
              float[] values = new float[shape.length == 1 ? shape[0] : shape[0] * shape[1]];
              boolean norm = name.endsWith("LayerNorm.weight");
              for (int i = 0; i < values.length; i++) {
                values[i] = (float) ((norm ? 1 : 0) + 0.04 * (random.nextDouble() - 0.5));
              }
              tensors.put(name, new Tensor(shape, values));
            });
    Files.createDirectories(folder);
    new SafeTensorsStore()
        .write(folder.resolve("model.safetensors"), new TransformerWeights(SHAPE, tensors));
    Files.writeString(
        folder.resolve("config.json"),
        """
        {"model_type": "bert", "vocab_size": 30522, "hidden_size": 768, "num_hidden_layers": 12,
         "num_attention_heads": 12, "intermediate_size": 3072, "max_position_embeddings": 512}
        """);
    List<String> words = new ArrayList<>(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"));
    while (words.size() < SHAPE.vocabularySize()) {
      words.add("w" + words.size());
    }
    Files.write(folder.resolve("vocab.txt"), words);
  }

  private static TransformerWeights train(PretrainedModel model, Path folder, int batch) {
    PruningPlan pruning =
        PruningPlan.weightByWeight(
            "movement",
            new PrunerCatalog(BertBase.class.getClassLoader()).create("movement", Map.of(), null),
            model.weights(),
            SHAPE.family().encoderLinears(SHAPE.layers()).stream()
                .map(prefix -> prefix + ".weight")
                .toList(),
            new CubicSchedule(0.15, 0.15, 0, 1));
    TrainingPlan training =
        new TrainingPlan(STEPS, batch, 5e-5, 1e-2, 0, 1, 1, 1e-8, SEED, THREADS);
    SplittableRandom random = new SplittableRandom(SEED);
    List<EncodedExample> examples = new ArrayList<>();
    for (int i = 0; i < batch * STEPS; i++) {
      int[] tokens = random.ints(LENGTH, 1_000, 30_000).toArray();
      examples.add(new EncodedExample(tokens, new int[LENGTH], i % 2));
    }
    EncodedSet data = new EncodedSet("train", "random", "none", List.of("0", "1"), examples);
    long[] last = {System.nanoTime()};
    return new DjlFinePruner(new SafeTensorsStore())
        .run(
            new FinePruner.Request(
                1, model, data, training, pruning, folder.resolve("last-good.safetensors")),
            event -> {
              if (event instanceof RunEvent.StepDone) {
                System.out.printf("  a step %6.2f s%n", (System.nanoTime() - last[0]) / 1e9);
                last[0] = System.nanoTime();
              }
            })
        .weights();
  }
}
