package dev.espalier.tuner.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.api.problem.Suggestions;
import dev.espalier.tuner.port.QuantizationPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/** What no single value can be wrong about: keys that must fit each other. */
final class Rules {
  static final String DEVICE = "device";

  /** LPOT's files may name another one; it is refused with a word of its own. */
  static final String SUPPORTED_DEVICE = "cpu";

  /** The list that must hold exactly one pruner. */
  static final String PRUNERS = "pruning.approach.weight_compression.pruners";

  /** The section that must hold exactly one kind of criterion. */
  static final String CRITERION = "tuning.accuracy_criterion";

  private static final String COMPRESSION = "pruning.approach.weight_compression";

  private final Assembly assembly;
  private final List<Problem> problems;

  private Rules(Assembly assembly, List<Problem> problems) {
    this.assembly = assembly;
    this.problems = problems;
  }

  /** Adds to {@code problems} what contradicts itself in {@code assembly}. */
  static void check(Assembly assembly, List<Problem> problems) {
    Rules rules = new Rules(assembly, problems);
    rules.deviceIsSupported();
    rules.thereIsOnePruner();
    rules.sparsityGrows();
    rules.thereIsOneCriterion();
    rules.operatorTypesCanBeQuantized();
  }

  private void operatorTypesCanBeQuantized() {
    String path = "quantization.op_types";
    ResolvedValue types = assembly.value(path);
    if (types == null) {
      return;
    }
    List<String> known = new ArrayList<>(new TreeSet<>(QuantizationPlan.OPERATOR_TYPES));
    for (JsonNode type : types.value()) {
      if (!known.contains(type.asText())) {
        report(
            ProblemCode.NOT_ALLOWED,
            path,
            "must be of " + String.join(", ", known) + ", found " + type.asText(),
            "Maybe \""
                + Suggestions.nearest(type.asText(), known, 1).get(0)
                + "\" is meant; everything else stays float.");
      }
    }
  }

  private void deviceIsSupported() {
    ResolvedValue device = assembly.value(DEVICE);
    if (device != null && !device.value().asText().equals(SUPPORTED_DEVICE)) {
      report(
          ProblemCode.UNSUPPORTED,
          DEVICE,
          device.value().asText() + " is not supported yet",
          "Maybe use device: cpu, the only one that training runs on for now.");
    }
  }

  private void thereIsOnePruner() {
    int count = assembly.count(PRUNERS);
    if (count != 1 && !assembly.isReported(PRUNERS)) {
      report(
          count == 0 ? ProblemCode.MISSING_KEY : ProblemCode.UNSUPPORTED,
          PRUNERS,
          "must hold exactly one pruner for now, found " + count,
          "Maybe - prune_type: movement is meant.");
    }
  }

  private void sparsityGrows() {
    Optional<Double> initial = number(COMPRESSION + ".initial_sparsity");
    Optional<Double> target = number(COMPRESSION + ".target_sparsity");
    if (initial.isPresent() && target.isPresent() && initial.get() > target.get()) {
      report(
          ProblemCode.CONTRADICTION,
          COMPRESSION + ".target_sparsity",
          "must be at least initial_sparsity, which is "
              + initial.get()
              + ", found "
              + target.get(),
          "Maybe the two are swapped.");
    }
  }

  private void thereIsOneCriterion() {
    boolean relative = number(CRITERION + ".relative").isPresent();
    boolean absolute = number(CRITERION + ".absolute").isPresent();
    if (assembly.isReported(CRITERION) || relative != absolute) {
      return;
    }
    report(
        relative ? ProblemCode.CONTRADICTION : ProblemCode.MISSING_KEY,
        CRITERION,
        "must hold exactly one of relative and absolute, found " + (relative ? "both" : "neither"),
        relative
            ? "Maybe set the one that is not meant to null."
            : "Maybe relative: 0.01 is meant: at most 1% of the baseline's metric may be lost.");
  }

  private Optional<Double> number(String path) {
    return Optional.ofNullable(assembly.value(path))
        .filter(value -> !value.value().isNull())
        .map(value -> value.value().doubleValue());
  }

  private void report(ProblemCode code, String path, String message, String advice) {
    problems.add(
        new Problem(
            ProblemKind.CONFIGURATION, code, assembly.locate(path), path + ": " + message, advice));
  }
}
