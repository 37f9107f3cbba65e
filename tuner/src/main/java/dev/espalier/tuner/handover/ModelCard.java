package dev.espalier.tuner.handover;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.espalier.api.data.Head;
import dev.espalier.api.problem.Location;
import dev.espalier.config.Configuration;
import dev.espalier.config.Configuration.Distillation;
import dev.espalier.config.Configuration.Performance;
import dev.espalier.config.ResolvedValue;
import dev.espalier.config.YamlText;
import dev.espalier.core.export.OnnxTools.Latency;
import dev.espalier.core.text.ShellWords;
import dev.espalier.tuner.directory.Sizes;
import dev.espalier.tuner.result.MaskReport;
import dev.espalier.tuner.result.RunFacts;
import dev.espalier.tuner.result.RunFacts.MeasuredFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The {@code README.md} beside the model: what it is, what was measured, how to make it again. */
public final class ModelCard {
  private ModelCard() {}

  /**
   * The text.
   *
   * @param baseModel what training started from, as the configuration names it
   */
  static String of(RunFacts facts, String baseModel) {
    return frontMatter(facts, baseModel)
        + "\n# "
        + Markdown.escape(facts.configuration().configuration().model().name())
        + "\n\n"
        + (facts.smokeCaution() == null ? "" : facts.smokeCaution() + "\n\n")
        + (facts.startingSparsityCaution() == null ? "" : facts.startingSparsityCaution() + "\n\n")
        + introduction(facts, baseModel)
        + numbers(facts)
        + sparsity(facts)
        + hardware(facts)
        + reproduction(facts);
  }

  private static String frontMatter(RunFacts facts, String baseModel) {
    return String.join(
        "\n",
        "---\n"
            + LocalPaths.ofTheHub(baseModel)
                .map(name -> "base_model: " + quoted(name) + "\n")
                .orElse("")
            + "pipeline_tag: "
            + (facts.head() instanceof Head.Spans ? "question-answering" : "text-classification"),
        "library_name: " + facts.format().library(),
        "metrics:",
        facts.criterion().metrics().stream()
            .map(metric -> "- " + quoted(metric))
            .collect(Collectors.joining("\n")),
        "tags:",
        "- espalier",
        "- fine-pruning",
        facts.quantized() == null ? "- fp32" : "- int8",
        "---",
        "");
  }

  private static String introduction(RunFacts facts, String baseModel) {
    return facts.headlines().stream()
            .map(each -> "**" + Markdown.escape(each) + "**\n\n")
            .collect(Collectors.joining())
        + "A fine-pruned "
        + (facts.quantized() == null ? "" : "and quantized ")
        + kind(facts.head())
        + ", made by Espalier from "
        + Markdown.escape(LocalPaths.model(baseModel))
        + " for the task "
        + Markdown.escape(facts.configuration().configuration().data().task())
        + " with the pruner "
        + Markdown.escape(facts.prunerName())
        + "."
        + (facts.head() instanceof Head.Classification classes
            ? " Classes, in order: "
                + classes.labels().stream().map(Markdown::escape).collect(Collectors.joining(", "))
                + "."
            : "")
        + teacher(facts.distillation())
        + "\n\n"
        + (facts.verdictSentence() == null ? "" : Markdown.escape(facts.verdictSentence()) + "\n");
  }

  private static String teacher(@Nullable Distillation distillation) {
    if (distillation == null) {
      return "";
    }
    return distillation.teacher().equals(Configuration.Distillation.BASELINE)
        ? " Its teacher was the dense baseline of the same run."
        : " Its teacher was " + Markdown.escape(LocalPaths.model(distillation.teacher())) + ".";
  }

  private static String kind(Head head) {
    if (head instanceof Head.Classification) {
      return "text classifier";
    }
    return head instanceof Head.Regression ? "text regressor" : "reader that answers questions";
  }

  private static String numbers(RunFacts facts) {
    StringBuilder table = new StringBuilder();
    table.append("\n## Measured on the exported files\n\n");
    List<String> metrics = facts.criterion().metrics();
    List<String> heads = new ArrayList<>(List.of("file"));
    heads.addAll(metrics);
    heads.addAll(List.of("size", "p50", "p90"));
    table.append(Markdown.row(heads));
    table.append("|---|").append("---:|".repeat(heads.size() - 1)).append('\n');
    row(table, facts, "dense baseline", facts.dense(), "dense");
    row(table, facts, facts.format().fileName(), facts.pruned(), "fp32");
    if (facts.quantized() != null) {
      row(table, facts, "model.int8.onnx", facts.quantized(), "int8");
    }
    return table.toString();
  }

  private static void row(
      StringBuilder table, RunFacts facts, String name, @Nullable MeasuredFile file, String key) {
    Map<String, Double> metrics = file == null ? null : file.metrics();
    Latency latency = facts.latencies().get(key);
    List<String> cells = new ArrayList<>(List.of(name));
    for (String each : facts.criterion().metrics()) {
      Double metric = metrics == null ? null : metrics.get(each);
      cells.add(metric == null ? "not measured" : String.format(Locale.ROOT, "%.4f", metric));
    }
    cells.addAll(
        List.of(
            file == null || file.size() == null ? "not measured" : Sizes.inWords(file.sizeBytes()),
            latency == null ? "not measured" : milliseconds(latency.p50()),
            latency == null ? "not measured" : milliseconds(latency.p90())));
    table.append(Markdown.row(cells));
  }

  private static String milliseconds(double value) {
    return String.format(Locale.ROOT, "%.2f ms", value);
  }

  private static String sparsity(RunFacts facts) {
    MaskReport masks = facts.masks();
    return masks == null
        ? ""
        : String.format(
            Locale.ROOT,
            "%n## Sparsity%n%n%sRemoved: %.2f%% of the %d pruned matrices, %.2f%%"
                + " of the encoder, %.2f%% of the whole model.%n",
            askedFor(facts.targetSparsity()),
            100 * masks.prunedLayers(),
            masks.matrices().size(),
            100 * masks.encoder(),
            100 * masks.model());
  }

  private static String askedFor(@Nullable Double target) {
    return target == null ? "" : String.format(Locale.ROOT, "Asked for %.2f%%. ", 100 * target);
  }

  private static String hardware(RunFacts facts) {
    Performance settings = facts.configuration().configuration().evaluation().performance();
    JsonNode cpu = facts.environment().path("cpu");
    return String.format(
        Locale.ROOT,
        "%n## Hardware of the latencies%n%n%s, %d cores, VNNI: %s. Batch %d, %d tokens, %s threads,"
            + " %d requests to each file in turn.%n",
        Markdown.escape(cpu.path("model").asText("unknown CPU")),
        cpu.path("cores").asInt(),
        cpu.path("vnni").isBoolean() ? (cpu.path("vnni").asBoolean() ? "yes" : "no") : "unknown",
        settings.batchSize(),
        settings.sequenceLength(),
        settings.threads() == 0 ? "all" : Integer.toString(settings.threads()),
        settings.iteration());
  }

  private static String reproduction(RunFacts facts) {
    return "\n## Made by\n\n"
        + Markdown.block(
            "sh", command(facts.command().isEmpty() ? asConfigured(facts) : facts.command()))
        + "\nEvery value of the configuration, absolute paths by their last names:\n\n"
        + Markdown.block("yaml", facts.configuration().toYaml(ModelCard::shown));
  }

  /** A value without the paths of this machine. */
  private static ResolvedValue shown(ResolvedValue value) {
    return new ResolvedValue(
        value.path(), LocalPaths.value(value.value()), value.source(), shown(value.location()));
  }

  private static @Nullable Location shown(@Nullable Location location) {
    return location == null
        ? null
        : new Location(
            LocalPaths.assignment(LocalPaths.shown(location.file())),
            location.line(),
            location.column());
  }

  /** What makes the same run, where nobody typed a command. */
  private static List<String> asConfigured(RunFacts facts) {
    List<String> words = new ArrayList<>(List.of("./espalier", "run"));
    facts.configuration().files().forEach(file -> words.add(file.toString()));
    facts.configuration().assignments().forEach(each -> words.addAll(List.of("--set", each)));
    return words;
  }

  /** The command for a shell, without the folders of the machine that it ran on. */
  private static String command(List<String> words) {
    return ShellWords.joined(words.stream().map(ModelCard::shown).toList());
  }

  private static String shown(String word) {
    return word.contains("=") ? LocalPaths.assignment(word) : LocalPaths.shown(word);
  }

  /** A JSON string is a YAML string, whatever is in it. */
  private static String quoted(String text) {
    return YamlText.ofJson(JsonNodeFactory.instance.textNode(text).toString());
  }
}
