package dev.espalier.cli;

import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.config.Configuration;
import dev.espalier.config.ConfigurationLoader;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.core.data.TaskSource.TaskData;
import dev.espalier.tuner.plan.DataRequest;
import dev.espalier.tuner.plan.QuantizationPlanner;
import dev.espalier.tuner.prepare.RunServices;
import dev.espalier.tuner.report.OperatorTable;
import dev.espalier.tuner.result.Speed;
import dev.espalier.tuner.result.Status;
import dev.espalier.tuner.result.Verdict;
import dev.espalier.tuner.run.QuantizationRun;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code espalier quantize}: int8 for an ONNX model that is there already. */
@Command(
    name = "quantize",
    description = {
      "Quantizes an ONNX model to int8, as the section quantization of a configuration says;"
          + " dynamic and per channel without one.",
      "Static formats are calibrated on data.calibration or else data.train, tokenized by the"
          + " tokenizer.json beside the model. Where data are named, the int8 file is judged by"
          + " tuning.accuracy_criterion against the float one, and what quantization.strategy finds"
          + " goes back to float when it is missed."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = ExitCodes.HEADING,
    exitCodeList = {
      ExitCodes.DONE,
      ExitCodes.BUG,
      ExitCodes.MODEL,
      ExitCodes.MISSED,
      ExitCodes.ONNX
    })
final class QuantizeCommand implements Callable<Integer> {
  /** What a configuration needs for a run, and this command does not. */
  private static final String REST =
      """
      model: {name: quantize, checkpoint: none}
      data: {task: none}
      pruning:
        approach: {weight_compression: {pruners: [{prune_type: constant_mask}]}}
      quantization: {}
      """;

  private static final String NO_TASK = "none";

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "MODEL", description = "The float32 model, an ONNX file.")
  private Path model;

  @Mixin private DownloadsOption downloads;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      required = true,
      description = "The int8 model to write; it must not exist yet.")
  private Path output;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "A configuration; only its sections quantization, data, evaluation and tuning"
              + " count. Repeatable.")
  private List<Path> files = new ArrayList<>();

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Overrides one value, for instance quantization.format=qoperator. Repeatable.")
  private List<String> assignments = new ArrayList<>();

  @Override
  public Integer call() {
    OutputPath.checkNewFile(output, model);
    OutputPath.checkNewFile(externalData(), model);
    RunServices services = Services.create(Plugins.in(null), downloads.hub());
    ResolvedConfiguration resolved =
        new ConfigurationLoader().loadOver(REST, files, assignments, System.getenv());
    TaskData data = data(resolved, services);
    QuantizationRun.Outcome outcome =
        new QuantizationRun(resolved, services, line -> Console.print(spec, line))
            .run(model, output, data);
    Console.print(spec, OperatorTable.of(outcome.model(), bytes(output)).toString());
    outcome.model().notes().forEach((name, value) -> Console.print(spec, name + ": " + value));
    Console.print(spec, "wrote " + output);
    Speed speed = outcome.speed();
    if (speed != null) {
      Console.print(spec, speed.sentence());
    }
    Verdict verdict = outcome.verdict();
    if (verdict == null) {
      return ExitCode.OK;
    }
    Console.print(spec, verdict.sentence());
    if (outcome.trivial() != null) {
      Console.print(spec, outcome.trivial());
      return Status.MISSED.exitCode();
    }
    return verdict.status().exitCode();
  }

  /** What calibration and evaluation choose from; null when no task is named. */
  private @Nullable TaskData data(ResolvedConfiguration resolved, RunServices services) {
    Configuration.Data data = resolved.configuration().data();
    if (data.task().equals(NO_TASK)) {
      Configuration.Quantization section =
          Objects.requireNonNull(resolved.configuration().quantization(), "the rest has it");
      if (!QuantizationPlanner.plan(resolved.configuration(), section, true).needsExamples()) {
        return null;
      }
      throw ProblemException.of(
          Problem.of(
                  ProblemCode.MISSING_KEY,
                  "data",
                  "this quantization is calibrated on examples, and no task is named",
                  "Maybe --set data.task=sst-2 with data.train and data.evaluation is meant, or"
                      + " post_training_dynamic_quant, which needs no data.")
              .at(resolved.locate("quantization.approach")));
    }
    return services.tasks().load(DataRequest.of(resolved.configuration()), tokenizer());
  }

  /** Where an int8 model of more than 2 GB keeps its weights. */
  private Path externalData() {
    return output.resolveSibling(output.getFileName() + ".data");
  }

  private static long bytes(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private byte[] tokenizer() {
    Path tokenizer = model.toAbsolutePath().resolveSibling("tokenizer.json");
    try {
      return Files.readAllBytes(tokenizer);
    } catch (IOException e) {
      throw new ProblemException(
          List.of(
              new Problem(
                  ProblemKind.INPUT,
                  ProblemCode.MISSING_FILE,
                  Location.ofFile(tokenizer.toString()),
                  "the tokenizer beside the model cannot be read: "
                      + (Files.exists(tokenizer) ? e : "there is no such file"),
                  "Data that are named are tokenized by it: put the model's tokenizer.json there, or"
                      + " name no data.")),
          e);
    }
  }
}
