package dev.espalier.benchmarks;

import dev.espalier.api.data.EncodedSet;
import dev.espalier.core.data.EvaluationSet;
import dev.espalier.core.data.TaskSource.Request;
import dev.espalier.core.data.TaskSource.TaskData;
import dev.espalier.core.export.OnnxTools.Latency;
import dev.espalier.core.export.OnnxTools.LatencySettings;
import dev.espalier.core.quantization.QuantizationPlan;
import dev.espalier.core.quantization.QuantizationPlan.Blocks;
import dev.espalier.core.quantization.QuantizationPlan.Calibration;
import dev.espalier.core.quantization.QuantizationPlan.Format;
import dev.espalier.core.quantization.QuantizationPlan.Recipes;
import dev.espalier.core.quantization.QuantizedModel;
import dev.espalier.onnxruntime.OrtTools;
import dev.espalier.tasks.TaskLoader;
import dev.espalier.tasks.metric.Accuracy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * One fp32 model in every quantized format: size, accuracy on SST-2's development set, how far its
 * logits are from the float ones, and the time of a request of batch 1 and 128 tokens, all files
 * taking turns. The weight-only formats have blocks of 32, rounded (rtn) or with error feedback
 * (gptq).
 *
 * <pre>benchmarks/run QuantizedFormats MODEL_FOLDER SST2_FOLDER [NAME=FILE...]</pre>
 *
 * The model's folder is a run's {@code best/}: {@code model.onnx} and {@code tokenizer.json}. Files
 * that something else made from the same model are measured along. Static formats and gptq are
 * calibrated on 100 training sentences, seed 42, minimum and maximum.
 */
public final class QuantizedFormats {
  private static final int THREADS = 2;
  private static final int SAMPLES = 100;
  private static final int SEED = 42;
  private static final int GROUP = 32;

  private QuantizedFormats() {}

  /** Runs it. */
  public static void main(String[] arguments) throws IOException {
    Path model = Path.of(arguments[0]);
    Path data = Path.of(arguments[1]);
    TaskData loaded =
        new TaskLoader()
            .load(
                new Request(
                    "sst-2", data.resolve("train.tsv"), data.resolve("dev.tsv"), 0, 0, 128, SEED),
                Files.readAllBytes(model.resolve("tokenizer.json")));
    OrtTools tools = new OrtTools();
    Path folder = Files.createTempDirectory("quantized-formats");
    Map<String, Path> files = new LinkedHashMap<>();
    Map<String, Double> seconds = new LinkedHashMap<>();
    files.put("fp32", model.resolve("model.onnx"));
    for (Map.Entry<String, QuantizationPlan> how : plans().entrySet()) {
      String name = how.getKey();
      Path target = folder.resolve(name + ".onnx");
      long begun = System.nanoTime();
      QuantizationPlan plan = how.getValue();
      QuantizedModel ignored =
          tools.prepare(files.get("fp32"), plan, loaded.train()).quantize(target, plan);
      seconds.put(name, (System.nanoTime() - begun) / 1e9);
      files.put(name, target);
    }
    for (int i = 2; i < arguments.length; i++) {
      String[] other = arguments[i].split("=", 2);
      files.put(other[0], Path.of(other[1]));
    }
    print(tools, files, seconds, loaded.evaluations().get(0).set());
  }

  private static Map<String, QuantizationPlan> plans() {
    Map<String, QuantizationPlan> plans = new LinkedHashMap<>();
    for (Format format : List.of(Format.DYNAMIC, Format.QDQ, Format.QOPERATOR)) {
      plans.put(format.name().toLowerCase(Locale.ROOT), plan(format, Blocks.USUAL));
    }
    for (int bits : List.of(4, 8)) {
      plans.put("rtn" + bits, plan(Format.WEIGHT_ONLY, new Blocks(bits, GROUP, false, false)));
      plans.put("gptq" + bits, plan(Format.WEIGHT_ONLY, new Blocks(bits, GROUP, false, true)));
    }
    return plans;
  }

  private static QuantizationPlan plan(Format format, Blocks blocks) {
    return new QuantizationPlan(
        format,
        true,
        QuantizationPlan.ReduceRange.NO,
        QuantizationPlan.OPERATOR_TYPES,
        List.of(),
        Set.of(),
        List.of(),
        Calibration.MINMAX,
        Recipes.NONE,
        blocks,
        SAMPLES,
        SEED,
        THREADS);
  }

  private static void print(
      OrtTools tools, Map<String, Path> files, Map<String, Double> seconds, EncodedSet evaluation)
      throws IOException {
    Map<String, Latency> latencies =
        tools.measureLatency(files, new LatencySettings(1, 128, 10, 100, THREADS));
    double dense = latencies.get("fp32").p50();
    List<float[][]> floats = tools.outputs(files.get("fp32"), evaluation, THREADS);
    System.out.println(
        "file, bytes, accuracy, logits off, p50 ms, p90 ms, times as fast as fp32, made in s");
    for (Map.Entry<String, Path> file : files.entrySet()) {
      List<float[][]> outputs = tools.outputs(file.getValue(), evaluation, THREADS);
      double accuracy =
          new EvaluationSet(evaluation).score(outputs, List.of(new Accuracy())).get("accuracy");
      Latency latency = latencies.get(file.getKey());
      System.out.printf(
          Locale.ROOT,
          "%s, %d, %.4f, %.4f, %.2f, %.2f, %.2f, %s%n",
          file.getKey(),
          Files.size(file.getValue()),
          accuracy,
          off(outputs.get(0), floats.get(0)),
          latency.p50(),
          latency.p90(),
          dense / latency.p50(),
          seconds.containsKey(file.getKey())
              ? String.format(Locale.ROOT, "%.1f", seconds.get(file.getKey()))
              : "-");
    }
  }

  /** The root of the mean squared difference, as a share of the root of the mean square. */
  private static double off(float[][] actual, float[][] expected) {
    double difference = 0;
    double square = 0;
    for (int row = 0; row < expected.length; row++) {
      for (int i = 0; i < expected[row].length; i++) {
        difference += Math.pow(actual[row][i] - (double) expected[row][i], 2);
        square += Math.pow(expected[row][i], 2);
      }
    }
    return Math.sqrt(difference / square);
  }
}
