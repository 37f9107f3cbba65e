package dev.espalier.tuner.run;

import dev.espalier.api.data.EncodedExample;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.data.Head;
import dev.espalier.api.metric.ClassificationMetric;
import dev.espalier.api.metric.Metric;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.pruning.PrunerProvider;
import dev.espalier.api.run.RunListener;
import dev.espalier.config.ConfigurationLoader;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.core.data.TaskSource;
import dev.espalier.core.export.OnnxTools;
import dev.espalier.core.model.BertArchitecture;
import dev.espalier.core.model.BertNames;
import dev.espalier.core.model.CheckpointStore;
import dev.espalier.core.model.PretrainedModel;
import dev.espalier.core.model.PretrainedModels;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.core.quantization.PreparedQuantization;
import dev.espalier.core.quantization.QuantizationPlan;
import dev.espalier.core.quantization.QuantizedModel;
import dev.espalier.core.quantization.QuantizedModel.Operator;
import dev.espalier.core.training.FinePruner;
import dev.espalier.core.training.StopSignal;
import dev.espalier.tuner.fixture.TestPruner;
import dev.espalier.tuner.plugin.PrunerCatalog;
import dev.espalier.tuner.plugin.StrategyCatalog;
import dev.espalier.tuner.prepare.RunServices;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Ports that do in microseconds what the adapters do in hours, and note what they were asked. */
public final class Fakes
    implements PretrainedModels, TaskSource, FinePruner, CheckpointStore, OnnxTools {
  static final BertArchitecture TINY =
      new BertArchitecture(11, 4, 2, 2, 8, 128, 2, 1e-12, 0.1, 0.1);

  /** What an exported file scores, by its name in the run directory. */
  final Map<String, Double> accuracy = new HashMap<>();

  public final List<String> calls = new ArrayList<>();
  public final List<FinePruner.Request> trainings = new ArrayList<>();
  final List<QuantizationPlan> quantizations = new ArrayList<>();
  @Nullable RuntimeException failure;
  String failsAt = "";

  /** The metrics that there are; a test may add its own. */
  public final List<Metric> metrics =
      new ArrayList<>(List.of(new NamedMetric("accuracy", true), new NamedMetric("loss", false)));

  /** The class names that go with a checkpoint that is read. */
  List<String> labels = List.of();

  /** What a config.json beside a checkpoint says; null for none. */
  @Nullable BertArchitecture architecture;

  /** The names of the classes, in order. */
  public List<String> classes = List.of("negative", "positive");

  /** What comes with the model beside its weights. */
  public final SortedMap<String, byte[]> companions = new TreeMap<>();

  /** What is different in a checkpoint that is read. */
  Consumer<SortedMap<String, Tensor>> change = tensors -> {};

  /** What a training throws, by its trial; null for nothing. */
  IntFunction<@Nullable RuntimeException> failureOf = trial -> null;

  /** What happens while a trial is trained. */
  IntConsumer duringTraining = trial -> {};

  /** The share of each matrix that a trial removes. */
  IntToDoubleFunction zeroShare = trial -> 0.5;

  /** The errors of the operators that are quantized, by name, worst first. */
  final Map<String, Double> errors = new LinkedHashMap<>(Map.of("first/MatMul", 0.01));

  /** The pruners that there are. */
  List<PrunerProvider> pruners =
      List.of(TestPruner.ranking("movement"), TestPruner.penalized("soft_movement"));

  /** What an int8 file scores: from its {@link #accuracy} and its float operators. */
  BiFunction<Double, Set<String>, Double> accuracyOfInt8 = (value, floats) -> value;

  /** What a request to a trial's int8 file takes. */
  IntFunction<Latency> int8Latency = trial -> new Latency(4, 9);

  /** The share of zeros that the model comes with. */
  double startingZeros;

  Duration trainingTakes = Duration.ZERO;

  /** How often the model's or the data's files were looked at. */
  int looks;

  public Fakes() {
    accuracy.put("baseline/model.onnx", 0.90);
    accuracy.put("trial-1/model.onnx", 0.89);
    accuracy.put("trial-1/model.int8.onnx", 0.885);
  }

  public RunServices services() {
    return new RunServices(
        this,
        this,
        this,
        this,
        this,
        this,
        Fakes::pack,
        new PrunerCatalog(pruners),
        new StrategyCatalog(Fakes.class.getClassLoader(), List.of()),
        List.copyOf(metrics),
        Map.of("djl", "0.36.0"));
  }

  /** A configuration that goes with the fakes, written to {@code folder}, its runs below that. */
  public static ResolvedConfiguration configuration(Path folder, String... assignments) {
    Path yaml = folder.resolve("tiny.yaml");
    try {
      Files.writeString(
          yaml,
          """
          model: {name: tiny, checkpoint: all-minilm-l6-v2}
          data: {task: sentiment-twin}
          pruning:
            train: {batch_size: 16}
            approach:
              weight_compression: {target_sparsity: 0.5, pruners: [{prune_type: movement}]}
          quantization: {approach: post_training_dynamic_quant}
          tuning:
            accuracy_criterion: {relative: 0.02}
            workspace: {path: "%s"}
          """
              .formatted(folder.resolve("runs")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new ConfigurationLoader().load(yaml, List.of(assignments), Map.of());
  }

  public static TransformerWeights weights() {
    SortedMap<String, Tensor> tensors = new TreeMap<>();
    tensors.put(BertNames.WORD_EMBEDDINGS, ones(11, 4));
    for (String linear : BertNames.encoderLinears(2)) {
      boolean intermediate = linear.endsWith("intermediate.dense");
      boolean output = linear.endsWith("output.dense") && !linear.contains("attention");
      tensors.put(linear + ".weight", ones(intermediate ? 8 : 4, output ? 8 : 4));
      tensors.put(linear + ".bias", Tensor.vector(new float[intermediate ? 8 : 4]));
    }
    tensors.put("bert.encoder.layer.0.output.LayerNorm.weight", Tensor.vector(1, 1, 1, 1));
    tensors.put("classifier.weight", ones(2, 4));
    return new TransformerWeights(TINY, tensors);
  }

  /** The model's weights, with the zeros of an earlier pruning. */
  private TransformerWeights startingWeights() {
    SortedMap<String, Tensor> tensors = new TreeMap<>(weights().tensors());
    tensors.replaceAll(
        (name, dense) -> {
          if (!TINY.isPrunable(name) || dense.shape().length < 2) {
            return dense;
          }
          float[] values = dense.values().clone();
          java.util.Arrays.fill(values, 0, (int) Math.round(startingZeros * values.length), 0f);
          return new Tensor(dense.shape(), values);
        });
    return new TransformerWeights(TINY, tensors);
  }

  private static Tensor ones(int rows, int columns) {
    float[] values = new float[rows * columns];
    java.util.Arrays.fill(values, 1f);
    return Tensor.matrix(rows, columns, values);
  }

  private void call(String name) {
    calls.add(name);
    if (failure != null && name.startsWith(failsAt)) {
      throw failure;
    }
  }

  @Override
  public PretrainedModel load(String reference) {
    call("load model");
    byte[] tokenizer = "{\"tokenizer\": true}".getBytes(StandardCharsets.UTF_8);
    return new PretrainedModel(
        reference, startingWeights(), tokenizer, "feed", List.of(), companions, List.of());
  }

  @Override
  public List<Problem> check(String reference) {
    looks++;
    return List.of();
  }

  @Override
  public List<String> names() {
    return List.of("sentiment-twin");
  }

  @Override
  public List<Problem> checkColumns(TaskSource.Request request) {
    looks++;
    return List.of();
  }

  @Override
  public TaskData load(TaskSource.Request request, byte[] tokenizerJson) {
    call("load data");
    return new TaskData(set("train", 100), set("evaluation", 20));
  }

  private EncodedSet set(String name, int size) {
    List<EncodedExample> examples =
        IntStream.range(0, size)
            .mapToObj(i -> new EncodedExample(new int[] {1, 2}, new int[2], i % 2))
            .toList();
    return new EncodedSet(name, "twin <&>", "cafe-" + name, classes, examples);
  }

  @Override
  public Outcome run(FinePruner.Request request, RunListener listener, StopSignal stop) {
    call("train " + request.trial());
    trainings.add(request);
    duringTraining.accept(request.trial());
    stop.check();
    RuntimeException mine = failureOf.apply(request.trial());
    if (mine != null) {
      throw mine;
    }
    long end = System.nanoTime() + trainingTakes.toNanos();
    while (System.nanoTime() < end) {
      LockSupport.parkNanos(end - System.nanoTime()); // may return early
    }
    List<Point> curve =
        List.of(new Point(1, 0.7, 1), new Point(5, 0.5, 0.6), new Point(9, 0.3, 0.5));
    if (request.pruning() == null) {
      return new Outcome(request.model().weights(), Map.of(), Map.of(), curve, 1.5);
    }
    SortedMap<String, Tensor> tensors = new TreeMap<>(request.model().weights().tensors());
    Map<String, Double> densities = new LinkedHashMap<>();
    for (String name : request.pruning().parameters()) {
      Tensor dense = tensors.get(name);
      float[] values = dense.values().clone();
      double share = zeroShare.applyAsDouble(request.trial());
      java.util.Arrays.fill(values, 0, (int) Math.round(share * values.length), 0f);
      tensors.put(name, new Tensor(dense.shape(), values));
      densities.put(name, 1 - share);
    }
    Map<String, Tensor> scores = new HashMap<>();
    request
        .pruning()
        .parameters()
        .forEach(name -> scores.put(name, Tensor.vector(tensors.get(name).values().clone())));
    return new Outcome(new TransformerWeights(TINY, tensors), scores, densities, curve, 2.5);
  }

  @Override
  public void write(Path file, TransformerWeights weights) {
    call("write checkpoint");
    put(file, "safetensors " + weights.size());
  }

  @Override
  public void writeTensors(Path file, SortedMap<String, Tensor> tensors) {
    call("write scores");
    put(file, String.join("\n", tensors.keySet()));
  }

  @Override
  public SortedMap<String, Tensor> readTensors(Path file) {
    call("read " + file.getParent().getFileName() + "/" + file.getFileName());
    SortedMap<String, Tensor> tensors = new TreeMap<>(weights().tensors());
    change.accept(tensors);
    return tensors;
  }

  @Override
  public Optional<BertArchitecture> architecture(Path file) {
    return Optional.ofNullable(architecture);
  }

  @Override
  public List<String> labels(Path file) {
    return labels;
  }

  @Override
  public void export(TransformerWeights weights, Head head, Path file) {
    put(file, "x".repeat(1000));
    call("export");
  }

  @Override
  public Set<String> operatorNames(TransformerWeights weights, Head head) {
    return errors.keySet();
  }

  @Override
  public PreparedQuantization prepare(
      Path source, QuantizationPlan plan, @Nullable EncodedSet calibration) {
    return new PreparedQuantization() {
      @Override
      public QuantizedModel quantize(Path target, QuantizationPlan variant) {
        quantizations.add(variant);
        List<Operator> operators = new ArrayList<>();
        errors.forEach(
            (name, error) ->
                operators.add(
                    variant.floatNodes().contains(name)
                        ? new Operator(name, "MatMul", QuantizedModel.FLOAT, "kept float", null, 80)
                        : new Operator(name, "MatMul", "int8", null, null, 20)));
        put(target, "x".repeat(260 + 60 * variant.floatNodes().size()));
        call("quantize");
        return new QuantizedModel(Map.of("MatMul", "12 of 12"), operators);
      }

      @Override
      public Set<String> operatorNames() {
        return errors.keySet();
      }

      @Override
      public Map<String, Double> operatorErrors() {
        return errors;
      }
    };
  }

  @Override
  public List<float[][]> outputs(Path file, EncodedSet set, int threads) {
    String name = inRun(file);
    call("evaluate " + name);
    double value = accuracy.getOrDefault(name, 0.87);
    if (name.endsWith("int8.onnx")) {
      value = accuracyOfInt8.apply(value, quantizations.get(quantizations.size() - 1).floatNodes());
    }
    return Collections.singletonList(new float[][] {{(float) value}});
  }

  /** The file's name, also while it is a draft in a folder of its own. */
  private static String inRun(Path file) {
    Path parent = file.getParent();
    Path folder = parent.getFileName().toString().contains("partial") ? parent.getParent() : parent;
    return folder.getFileName() + "/" + file.getFileName();
  }

  @Override
  public Map<String, Latency> measureLatency(Map<String, Path> files, LatencySettings settings) {
    call("latency " + files.keySet());
    Map<String, Latency> latencies = new LinkedHashMap<>();
    files.forEach((name, file) -> latencies.put(name, latency(name, file)));
    return latencies;
  }

  private Latency latency(String name, Path file) {
    if (!name.equals("int8")) {
      return new Latency(name.length(), 9);
    }
    String trial = file.getParent().getFileName().toString();
    return int8Latency.apply(
        trial.startsWith("trial-") ? Integer.parseInt(trial.substring("trial-".length())) : 1);
  }

  @Override
  public Map<String, Integer> fusedOperators(Path file) {
    return Map.of("Gelu", 2);
  }

  private static long pack(Path file, TransformerWeights weights) {
    put(file, "packed " + weights.size());
    return 77;
  }

  private static void put(Path file, String content) {
    try {
      Files.writeString(file, content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Makes its value of the first logit. */
  record DerivedMetric(String name, boolean higherIsBetter, DoubleUnaryOperator of)
      implements ClassificationMetric {
    @Override
    public double compute(float[][] logits, int[] labels) {
      return of.applyAsDouble(new NamedMetric(name, true).compute(logits, labels));
    }
  }

  /**
   * Takes the first logit for the value; of a perfect or a constant predictor, which have two, 1 or
   * 0.5, and 0 or 1.5 where less is better.
   */
  public record NamedMetric(String name, boolean higherIsBetter) implements ClassificationMetric {
    @Override
    public double compute(float[][] logits, int[] labels) {
      if (logits[0].length == 2) {
        boolean perfect =
            IntStream.range(0, labels.length).allMatch(i -> logits[i][labels[i]] == 1);
        return higherIsBetter ? (perfect ? 1 : 0.5) : (perfect ? 0 : 1.5);
      }
      double value = logits[0][0]; // what outputs() says, to six decimals
      return Double.isFinite(value) ? Math.round(value * 1e6) / 1e6 : value;
    }
  }
}
