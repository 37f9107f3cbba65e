package dev.espalier.tuner.result;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.config.Configuration.Distillation;
import dev.espalier.config.Configuration.Performance;
import dev.espalier.core.export.OnnxTools.Latency;
import dev.espalier.core.model.ModelFormat;
import dev.espalier.core.quantization.QuantizedModel;
import dev.espalier.tuner.plan.Cores;
import dev.espalier.tuner.result.RunFacts.Failure;
import dev.espalier.tuner.result.RunFacts.MeasuredFile;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The content of {@code result.json}. Keys are added, never renamed; what was not measured is null.
 */
public final class ResultJson {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private ResultJson() {}

  /** {@code facts} for programs. */
  public static ObjectNode of(RunFacts facts) {
    ObjectNode root = JSON.objectNode();
    root.put("status", facts.status().label());
    root.put("status_text", facts.statusText());
    root.set("missed", missed(facts.verdict(), facts.shortcomings()));
    root.put("mode", facts.isSmoke() ? "smoke" : "full");
    root.set("criterion", criterion(facts));
    root.set("baseline", baseline(facts));
    root.set("best", best(facts));
    root.set("trials", trials(facts));
    ObjectNode artifacts = root.putObject("artifacts");
    facts.artifacts().forEach(artifacts::put);
    root.put("version", facts.environment().path("espalier").textValue());
    root.set("command", command(facts));
    root.put("started", facts.started().toOffsetDateTime().toString());
    root.put("seed", facts.configuration().configuration().tuning().randomSeed());
    root.set("stages", stages(facts));
    root.set("problems", problems(facts));
    return root;
  }

  private static ArrayNode command(RunFacts facts) {
    ArrayNode words = JSON.arrayNode();
    facts.command().forEach(words::add);
    return words;
  }

  private static ObjectNode criterion(RunFacts facts) {
    Criterion criterion = facts.criterion();
    ObjectNode node = JSON.objectNode();
    node.put("metric", criterion.metric());
    node.put("kind", criterion.leading().kind().label());
    LossLimit limit = criterion.leading();
    node.set("value", number(limit.acceptsAnyLoss() ? null : limit.value()));
    Verdict verdict = facts.verdict();
    node.set(
        "threshold",
        number(
            verdict == null || criterion.isMean() || limit.acceptsAnyLoss()
                ? null
                : verdict.threshold()));
    node.put("higher_is_better", criterion.leading().higherIsBetter());
    node.set("measured", number(verdict == null ? null : verdict.value()));
    if (criterion.limits().size() > 1) {
      several(node, criterion, verdict);
    }
    return node;
  }

  /** What a criterion of several metrics adds to the leading one's keys. */
  private static void several(ObjectNode node, Criterion criterion, @Nullable Verdict verdict) {
    node.put("combination", criterion.isMean() ? "weighted_mean" : "each");
    if (criterion.isMean()) {
      LossLimit all = criterion.leading();
      node.set("threshold_of_mean_loss", number(all.acceptsAnyLoss() ? null : all.value()));
      node.set("mean_loss", number(verdict == null ? null : verdict.lossInTheMean()));
    }
    ArrayNode metrics = node.putArray("metrics");
    for (int i = 0; i < criterion.limits().size(); i++) {
      LossLimit limit = criterion.limits().get(i);
      MetricVerdict part = verdict == null ? null : verdict.parts().get(i);
      ObjectNode each = metrics.addObject();
      each.put("metric", limit.metric());
      each.put("kind", limit.kind().label());
      each.set("value", number(limit.acceptsAnyLoss() ? null : limit.value()));
      each.put("higher_is_better", limit.higherIsBetter());
      each.set("weight", number(criterion.isMean() ? criterion.weights().get(i) : null));
      each.set("baseline", number(part == null ? null : part.baseline()));
      boolean judgedAlone = part != null && !criterion.isMean() && !limit.acceptsAnyLoss();
      each.set("threshold", number(judgedAlone ? part.threshold() : null));
      each.set("measured", number(part == null ? null : part.value()));
      each.put("met", (part == null || criterion.isMean()) ? null : part.met());
    }
  }

  private static ObjectNode baseline(RunFacts facts) {
    ObjectNode node = JSON.objectNode();
    node.set("metrics", metrics(facts.dense()));
    node.set("size_bytes", size(facts.dense()));
    node.set("latency_ms", latency(facts.latencies().get("dense")));
    node.put("source", facts.baselineSource());
    node.set("starting_sparsity", number(facts.startingSparsity()));
    node.set("trivial", trivial(facts.trivial()));
    return node;
  }

  private static JsonNode trivial(@Nullable TrivialComparison comparison) {
    if (comparison == null) {
      return JSON.nullNode();
    }
    ObjectNode node = JSON.objectNode();
    ObjectNode metrics = node.putObject("metrics");
    comparison
        .predictors()
        .forEach(predictor -> metrics.set(predictor.metric(), number(predictor.score())));
    node.put("predictor", comparison.predictors().get(0).predictor());
    node.put("better", comparison.better());
    node.put("allowed", comparison.allowed());
    return node;
  }

  /** What is missed, the criterion first; empty when nothing is, and until it was judged. */
  private static ArrayNode missed(@Nullable Verdict verdict, List<Shortcoming> shortcomings) {
    ArrayNode missed = JSON.arrayNode();
    if (verdict != null && !verdict.met()) {
      missed.add("criterion");
    }
    shortcomings.forEach(each -> missed.add(each.kind().label()));
    return missed;
  }

  private static ObjectNode best(RunFacts facts) {
    ObjectNode node = JSON.objectNode();
    node.put("trial", facts.trial());
    node.put("pruner", facts.prunerName());
    node.set("metrics", metrics(facts.pruned()));
    node.set("metrics_int8", metrics(facts.quantized()));
    MaskReport masks = facts.masks();
    ObjectNode sparsity = node.putObject("sparsity");
    sparsity.set("target", number(facts.targetSparsity()));
    sparsity.set("pruned_layers", number(masks == null ? null : masks.prunedLayers()));
    sparsity.set("encoder", number(masks == null ? null : masks.encoder()));
    sparsity.set("model", number(masks == null ? null : masks.model()));
    ObjectNode sizes = node.putObject("size_bytes");
    boolean onnx = facts.format() == ModelFormat.ONNX;
    sizes.set("dense_onnx", onnx ? size(facts.dense()) : JSON.nullNode());
    sizes.set("onnx", onnx ? size(facts.pruned()) : JSON.nullNode());
    if (!onnx) {
      sizes.set("dense_" + facts.format().key(), size(facts.dense()));
      sizes.set(facts.format().key(), size(facts.pruned()));
    }
    sizes.set("int8_onnx", size(facts.quantized()));
    sizes.set("shipped_compressed", compressed(facts.shipped()));
    sizes.set("dense_compressed", compressed(facts.dense()));
    sizes.put("sparse_archive", facts.sparseArchiveBytes());
    ObjectNode latencies = node.putObject("latency_ms");
    latencies.set("dense", latency(facts.latencies().get("dense")));
    latencies.set("fp32", latency(facts.latencies().get("fp32")));
    latencies.set("int8", latency(facts.latencies().get("int8")));
    node.set("distillation", distillation(facts.distillation()));
    Speed speed = facts.speed();
    latencies.put("int8_against_fp32", speed == null ? null : speed.kind().label());
    latencies.put("in_words", speed == null ? null : speed.sentence());
    Performance measured = facts.configuration().configuration().evaluation().performance();
    ObjectNode how = latencies.putObject("settings");
    how.put("threads", Cores.of(measured.threads()));
    how.put("warmup", measured.warmup());
    how.put("iterations", measured.iteration());
    how.put("batch_size", measured.batchSize());
    how.put("sequence_length", measured.sequenceLength());
    node.put("masks_sha256", masks == null ? null : masks.sha256());
    ObjectNode fused = node.putObject("fused_operators");
    new TreeMap<>(facts.fusedOperators()).forEach(fused::put);
    node.set("quantization", quantization(facts));
    return node;
  }

  private static JsonNode quantization(RunFacts facts) {
    QuantizationFacts quantization = facts.quantization();
    if (quantization == null) {
      return JSON.nullNode();
    }
    ObjectNode node = JSON.objectNode();
    node.put("strategy", quantization.strategy());
    ArrayNode back = node.putArray("back_to_float");
    quantization.fellBack().forEach(back::add);
    ArrayNode attempts = node.putArray("evaluated");
    for (QuantizationFacts.Attempt attempt : quantization.attempts()) {
      ObjectNode each = attempts.addObject();
      each.put("float_operators", attempt.floatOperators());
      each.set("measured", number(attempt.value()));
      each.put("met", attempt.met());
      each.put("size_bytes", attempt.bytes());
    }
    ArrayNode operators = node.putArray("operators");
    MeasuredFile file = facts.quantized();
    for (QuantizedModel.Operator operator : quantization.model().operators()) {
      ObjectNode each = operators.addObject();
      each.put("name", operator.name());
      each.put("type", operator.type());
      each.put("precision", operator.precision());
      each.put("reason", operator.reason());
      each.set("error", number(operator.error()));
      each.put("size_bytes", operator.bytes());
      each.set("size_share", number(file == null ? null : operator.share(file.sizeBytes())));
    }
    return node;
  }

  private static JsonNode distillation(@Nullable Distillation distillation) {
    return distillation == null
        ? JSON.nullNode()
        : JSON.objectNode()
            .put("teacher", distillation.teacher())
            .put("temperature", distillation.temperature())
            .put("alpha_distil", distillation.alphaDistil())
            .put("alpha_ce", distillation.alphaCe())
            .put("hidden_states", distillation.hiddenStates());
  }

  private static ArrayNode trials(RunFacts facts) {
    ArrayNode trials = JSON.arrayNode();
    for (TrialFacts trial : facts.trials()) {
      ObjectNode node = trials.addObject();
      node.put("trial", trial.number());
      ObjectNode settings = node.putObject("settings");
      trial.proposal().values().forEach((key, value) -> settings.set(key, JSON.pojoNode(value)));
      node.put("budget", trial.proposal().budget());
      node.put("warm_start", trial.proposal().warmStart());
      node.put("met", trial.verdict() == null ? null : trial.met());
      node.set("target_sparsity", number(trial.targetSparsity()));
      node.set("metrics", metrics(trial.pruned()));
      node.set("metrics_int8", metrics(trial.quantized()));
      MaskReport masks = trial.masks();
      node.set("sparsity", number(masks == null ? null : masks.prunedLayers()));
      node.set("objective", number(trial.objective()));
      Failure failure = trial.failure();
      node.put("failure", failure == null ? null : failure.message());
    }
    return trials;
  }

  private static JsonNode metrics(@Nullable MeasuredFile file) {
    Map<String, Double> metrics = file == null ? null : file.metrics();
    if (metrics == null) {
      return JSON.nullNode();
    }
    ObjectNode node = JSON.objectNode();
    new TreeMap<>(metrics).forEach((name, value) -> node.set(name, number(value)));
    return node;
  }

  private static JsonNode size(@Nullable MeasuredFile file) {
    return file == null || file.size() == null
        ? JSON.nullNode()
        : JSON.numberNode(file.sizeBytes());
  }

  private static JsonNode compressed(@Nullable MeasuredFile file) {
    return file == null || file.size() == null
        ? JSON.nullNode()
        : JSON.numberNode(file.file().compressedBytes());
  }

  private static JsonNode latency(@Nullable Latency latency) {
    ObjectNode node = JSON.objectNode();
    node.set("p50", number(latency == null ? null : latency.p50()));
    node.set("p90", number(latency == null ? null : latency.p90()));
    ArrayNode interval = node.putArray("p50_interval");
    if (latency != null) {
      interval.add(latency.low()).add(latency.high());
    }
    return node;
  }

  /** JSON has no NaN: a value that is not finite was not measured. */
  private static JsonNode number(@Nullable Double value) {
    return value == null || !Double.isFinite(value) ? JSON.nullNode() : JSON.numberNode(value);
  }

  private static ArrayNode stages(RunFacts facts) {
    ArrayNode stages = JSON.arrayNode();
    facts
        .stages()
        .forEach(
            stage ->
                stages
                    .addObject()
                    .put("trial", stage.trial())
                    .put("stage", stage.stage())
                    .put("seconds", stage.seconds()));
    return stages;
  }

  private static ArrayNode problems(RunFacts facts) {
    ArrayNode problems = JSON.arrayNode();
    Stream.concat(
            facts.problems().stream(),
            facts.shortcomings().stream().map(each -> Failure.of(each.toProblem())))
        .forEach(
            problem ->
                problems
                    .addObject()
                    .put("kind", problem.kind())
                    .put("location", problem.location())
                    .put("message", problem.message())
                    .put("advice", problem.advice()));
    return problems;
  }
}
