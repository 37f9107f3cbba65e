package dev.espalier.tuner.run;

import dev.espalier.api.data.Head;
import dev.espalier.api.metric.Metric;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.config.Configuration;
import dev.espalier.config.Configuration.FallBackStrategy;
import dev.espalier.config.Configuration.Performance;
import dev.espalier.config.Configuration.Quantization;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.core.data.EvaluationSet;
import dev.espalier.core.data.TaskSource.TaskData;
import dev.espalier.core.export.OnnxTools.Latency;
import dev.espalier.core.files.StagedOutput;
import dev.espalier.core.model.BertArchitecture;
import dev.espalier.core.quantization.PreparedQuantization;
import dev.espalier.core.quantization.QuantizationPlan;
import dev.espalier.core.quantization.QuantizedModel;
import dev.espalier.tuner.directory.DiskProblems;
import dev.espalier.tuner.plan.Cores;
import dev.espalier.tuner.plan.OperatorNames;
import dev.espalier.tuner.plan.QuantizationPlanner;
import dev.espalier.tuner.prepare.ClassOrder;
import dev.espalier.tuner.prepare.DataChecks;
import dev.espalier.tuner.prepare.EvaluationPlan;
import dev.espalier.tuner.prepare.InputLimits;
import dev.espalier.tuner.prepare.Preparation;
import dev.espalier.tuner.prepare.RunServices;
import dev.espalier.tuner.prepare.Vocabulary;
import dev.espalier.tuner.result.Criterion;
import dev.espalier.tuner.result.Speed;
import dev.espalier.tuner.result.TrivialComparison;
import dev.espalier.tuner.result.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The second half of a run by itself: a float file is quantized, judged against itself, and what
 * has to goes back to float.
 */
public final class QuantizationRun {
  private final ResolvedConfiguration resolved;
  private final Configuration configuration;
  private final RunServices services;
  private final Consumer<String> tell;

  /**
   * Prepares.
   *
   * @param resolved with a section quantization
   * @param tell receives a sentence for each evaluation
   */
  public QuantizationRun(
      ResolvedConfiguration resolved, RunServices services, Consumer<String> tell) {
    this.resolved = resolved;
    this.configuration = resolved.configuration();
    this.services = services;
    this.tell = tell;
  }

  /**
   * What came of it.
   *
   * @param model what the file holds
   * @param verdict on the file, against the float one; null when nothing was evaluated
   * @param speed of the file, against the float one; null without data
   * @param trivial of the float file, what it lacks when it is no better than the trivial
   *     predictor, so that the verdict says nothing; null when it is, that is accepted, or nothing
   *     was evaluated
   */
  public record Outcome(
      QuantizedModel model,
      @Nullable Verdict verdict,
      @Nullable Speed speed,
      @Nullable String trivial) {}

  /**
   * Quantizes {@code source} into {@code target}, which appears once it is judged and timed. What a
   * {@code config.json} that goes with the source says of its classes and of what it can take in is
   * compared with the data before.
   *
   * @param data what is calibrated on and evaluated; null when there is none, and then nothing is
   *     judged
   */
  public Outcome run(Path source, Path target, @Nullable TaskData data) {
    Quantization section = Objects.requireNonNull(configuration.quantization(), "quantization");
    QuantizationPlan plan = QuantizationPlanner.plan(configuration, section, Environment.hasVnni());
    if (data != null) {
      checkInputs(source, data);
      data.notes().forEach(tell);
    }
    PreparedQuantization ready =
        services.onnx().prepare(source, plan, data == null ? null : data.calibration());
    OperatorNames.check(resolved, section, ready.operatorNames());
    try (StagedOutput staged = StagedOutput.file(target)) {
      Outcome outcome = run(source, staged.path(), data, section, plan, ready);
      staged.publish();
      return outcome;
    }
  }

  private Outcome run(
      Path source,
      Path target,
      @Nullable TaskData data,
      Quantization section,
      QuantizationPlan plan,
      PreparedQuantization ready) {
    FallBackStrategy strategy = section.strategy().name();
    if (data == null || strategy == FallBackStrategy.NONE) {
      FallBack.Decision decision =
          FallBack.run(
              FallBackStrategy.NONE,
              ready,
              target,
              plan,
              1,
              file -> {
                throw new IllegalStateException("nothing is judged without a strategy");
              },
              () -> false,
              tell);
      return new Outcome(
          decision.model(),
          null,
          data == null ? null : speed(source, target, decision.model()),
          null);
    }
    ClassOrder order = classOrder(source, data);
    EvaluationPlan judged = EvaluationPlan.of(resolved, services.metrics(), data);
    List<Problem> unusable = new DataChecks(resolved).evaluation(data, judged);
    if (!unusable.isEmpty()) {
      throw new ProblemException(unusable);
    }
    Criterion criterion = judged.criterion();
    Map<String, Double> baseline = metrics(source, data, order, judged.measured());
    TrivialComparison compared =
        TrivialComparison.of(
            criterion,
            data.evaluations(),
            judged.measured(),
            Verdict.in(baseline),
            configuration.tuning().baseline().allowTrivial());
    if (!compared.better()) {
      tell.accept(compared.sentence());
    }
    tell.accept(criterion.sentence(Verdict.in(baseline)));
    FallBack.Decision decision =
        FallBack.run(
            strategy,
            ready,
            target,
            plan,
            section.strategy().maxTrials(),
            file -> {
              Map<String, Double> metrics = metrics(file, data, order, judged.measured());
              return new FallBack.Judged(metrics, Verdict.judge(criterion, baseline, metrics));
            },
            () -> true, // the float file is what is judged against
            tell);
    Map<String, Double> reached = Objects.requireNonNull(decision.metrics(), "measured");
    return new Outcome(
        decision.model(),
        Verdict.judge(criterion, baseline, reached),
        speed(source, target, decision.model()),
        compared.better() || compared.allowed() ? null : compared.sentence());
  }

  /**
   * Whether the model has a row for every token, a position, and one for requests that are timed.
   */
  private void checkInputs(Path source, TaskData data) {
    Optional<BertArchitecture> known = services.checkpoints().architecture(source);
    Path tokenizer = source.toAbsolutePath().resolveSibling("tokenizer.json");
    if (known.isEmpty() || !Files.isRegularFile(tokenizer)) {
      return;
    }
    Location at = Location.ofFile(source.toString());
    List<Problem> problems =
        new ArrayList<>(
            new InputLimits(
                    source.toString(),
                    Vocabulary.of(source.toString(), bytes(tokenizer)),
                    known.orElseThrow())
                .problems(null, at, InputLimits.all(data)));
    int length = configuration.evaluation().performance().sequenceLength();
    int longest = known.orElseThrow().longestInput();
    if (length > longest && !resolved.isDefault(Preparation.TIMED_LENGTH)) {
      problems.add(Preparation.tooLong(resolved, Preparation.TIMED_LENGTH, length, longest));
    }
    if (!problems.isEmpty()) {
      throw new ProblemException(problems);
    }
  }

  private static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw DiskProblems.of(e, file, 0, -1);
    }
  }

  /**
   * The order of the model's classes.
   *
   * @throws ProblemException of kind INPUT when they are not those of the data
   */
  private ClassOrder classOrder(Path source, TaskData data) {
    if (!(data.head() instanceof Head.Classification classes)) {
      return ClassOrder.of(List.of(), List.of());
    }
    ClassOrder order = ClassOrder.of(services.checkpoints().labels(source), classes.labels());
    if (order.kind() == ClassOrder.Kind.OTHER) {
      throw new ProblemException(
          List.of(
              new Problem(
                  ProblemKind.INPUT,
                  ProblemCode.CONTRADICTION,
                  Location.ofFile(source.toString()),
                  order.difference(source.toString()),
                  ClassOrder.ADVICE)));
    }
    order.notes(source.toString()).forEach(tell);
    return order;
  }

  private @Nullable Speed speed(Path source, Path target, QuantizedModel model) {
    Performance how = fitting(source).configuration().evaluation().performance();
    Map<String, Path> files = new LinkedHashMap<>();
    files.put("fp32", source);
    files.put("int8", target);
    Map<String, Latency> latencies =
        services.onnx().measureLatency(files, ModelPipeline.latencySettings(how));
    return Speed.of(latencies, model, Environment.machine(services.libraryVersions()));
  }

  /** A length that requests are timed at by default is lowered to what the model can take. */
  private ResolvedConfiguration fitting(Path source) {
    int length = configuration.evaluation().performance().sequenceLength();
    int longest =
        services
            .checkpoints()
            .architecture(source)
            .map(BertArchitecture::longestInput)
            .orElse(length);
    if (length <= longest) {
      return resolved;
    }
    tell.accept(Preparation.lowered(length, longest));
    return Preparation.timedAt(resolved, longest);
  }

  private Map<String, Double> metrics(
      Path file, TaskData data, ClassOrder order, List<Metric> measured) {
    int threads = Cores.of(configuration.evaluation().performance().threads());
    Map<String, Double> metrics = new LinkedHashMap<>();
    for (EvaluationSet each : data.evaluations()) {
      List<float[][]> outputs = services.onnx().outputs(file, each.set(), threads);
      metrics.putAll(
          each.score(outputs.stream().map(matrix -> order.applied(matrix)).toList(), measured));
    }
    return metrics;
  }
}
