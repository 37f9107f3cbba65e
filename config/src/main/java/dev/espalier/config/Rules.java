package dev.espalier.config;

import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What no single value can be wrong about: keys that must fit each other. */
final class Rules {
  /** The section that must hold exactly one kind of criterion. */
  static final String CRITERION = "tuning.accuracy_criterion";

  /** The section that says what is judged. */
  static final String ACCURACY = "evaluation.accuracy";

  /** The list of metrics that are judged together. */
  static final String METRICS = ACCURACY + ".multi_metrics";

  /** The section about the dense model. */
  static final String BASELINE = "tuning.baseline";

  /** The keys that say which rows of a file are used. */
  private static final List<String> PARTS =
      List.of("data.train_part", "data.calibration_part", "data.evaluation_part");

  /** Objectives that need the dense model's file. */
  private static final List<String> OF_FILES = List.of("modelsize", "performance");

  private static final String OBJECTIVE = "tuning.objective";
  private static final String OBJECTIVES = "tuning.multi_objectives";

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
    rules.checkSparsities();
    rules.checkOneCriterion();
    rules.checkMetrics();
    rules.checkBaseline();
    rules.checkObjectives();
    rules.checkRecipes();
    rules.checkTeacherWeights();
    rules.checkPartFiles();
    rules.checkPartOrder();
    rules.checkCalibration();
  }

  private void checkPartFiles() {
    for (String key : List.of("data.train", "data.calibration", "data.evaluation")) {
      if (text(key + "_part").isPresent() && text(key).isEmpty()) {
        report(
            ProblemCode.CONTRADICTION,
            key + "_part",
            "is about " + key + ", which names no file",
            "Remove it: generated data has no parts.");
      }
    }
  }

  /** A part that ends before it begins; how one is written, the key itself says. */
  private void checkPartOrder() {
    for (String key : PARTS) {
      String written = text(key).orElse("");
      String[] ends = written.split("-", -1);
      if (ends.length == 2
          && !ends[1].isEmpty()
          && Integer.parseInt(ends[1]) < Integer.parseInt(ends[0])) {
        report(
            ProblemCode.OUT_OF_RANGE,
            key,
            "must not end before it begins, found " + written,
            "Maybe " + ends[1] + "-" + ends[0] + " is meant.");
      }
    }
  }

  private void checkCalibration() {
    if (text("data.calibration").isPresent() && text("quantization.approach").isEmpty()) {
      report(
          ProblemCode.CONTRADICTION,
          "data.calibration",
          "is for quantization, and there is no section quantization",
          "Maybe quantization: {approach: post_training_static_quant} is missing.");
    }
  }

  private void checkRecipes() {
    String recipes = "quantization.recipes";
    ResolvedValue approach = assembly.value("quantization.approach");
    if (approach == null || !approach.value().asText().equals("weight_only")) {
      return;
    }
    for (String recipe : List.of("smooth_quant", "fast_bias_correction")) {
      ResolvedValue wanted = assembly.value(recipes + "." + recipe);
      if (wanted != null && wanted.value().asBoolean()) {
        report(
            ProblemCode.CONTRADICTION,
            recipes + "." + recipe,
            "is about int8 activations, and with the approach weight_only they stay float",
            "Remove it, or choose another quantization.approach.");
      }
    }
  }

  private void checkTeacherWeights() {
    String section = "distillation";
    ResolvedValue answers = assembly.value(section + ".alpha_distil");
    ResolvedValue states = assembly.value(section + ".hidden_states");
    if (answers != null
        && states != null
        && answers.value().asDouble() == 0
        && states.value().asDouble() == 0) {
      report(
          ProblemCode.CONTRADICTION,
          section + ".alpha_distil",
          "is 0 and hidden_states is 0, so nothing is learnt from the teacher",
          "Omit the section, or give one of them a weight.");
    }
  }

  private void checkSparsities() {
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
    } else if (initial.isPresent() && initial.equals(target)) {
      report(
          ProblemCode.CONTRADICTION,
          COMPRESSION + ".target_sparsity",
          "is the same as initial_sparsity, so the schedule would change nothing, found "
              + target.get(),
          target.get() == 0
              ? "Maybe 0.9 is meant; prune_type: constant_mask removes nothing on purpose."
              : "Maybe initial_sparsity: 0.0 is meant, with initial_warmup: 0 to prune from the"
                  + " first step on.");
    }
  }

  private void checkOneCriterion() {
    boolean relative = number(CRITERION + ".relative").isPresent();
    boolean absolute = number(CRITERION + ".absolute").isPresent();
    // Neither may be the consequence of another mistake; both are there, whatever else is.
    if (relative != absolute || (!relative && assembly.isReported(CRITERION))) {
      return;
    }
    report(
        relative ? ProblemCode.CONTRADICTION : ProblemCode.MISSING_KEY,
        CRITERION,
        "must hold exactly one of relative and absolute, found " + (relative ? "both" : "neither"),
        relative
            ? "Set one of the two to null."
            : "Maybe relative: 0.01 is meant: at most 1% of the baseline's metric may be lost.");
  }

  /** Several metrics: each once, with weights for all of them or none, and one limit at most. */
  private void checkMetrics() {
    int count = assembly.count(METRICS);
    if (count == 0) {
      return;
    }
    String single = "evaluation.accuracy.metric";
    if (text(single).isPresent() && !assembly.isReported(single)) {
      report(
          ProblemCode.CONTRADICTION,
          single,
          "multi_metrics is set, too, found " + text(single).get(),
          "Set one of the two to null.");
    }
    Set<String> names = new HashSet<>();
    int weights = 0;
    int limits = 0;
    for (int i = 0; i < count; i++) {
      String each = Paths.item(METRICS, i);
      Optional<String> name = text(each + ".metric");
      if (name.isPresent() && !names.add(name.get())) {
        report(
            ProblemCode.DUPLICATE_KEY,
            each + ".metric",
            name.get() + " is judged twice",
            "Remove one of the two.");
      }
      weights += number(each + ".weight").isPresent() ? 1 : 0;
      boolean relative = number(each + ".relative").isPresent();
      boolean absolute = number(each + ".absolute").isPresent();
      limits += relative || absolute ? 1 : 0;
      if (relative && absolute) {
        report(
            ProblemCode.CONTRADICTION,
            each,
            "must hold at most one of relative and absolute, found both",
            "Set one of the two to null.");
      }
    }
    if (assembly.isReported(METRICS)) {
      return; // a weight or a limit that seems to be missing may be the one that is wrong
    }
    if (weights > 0 && weights < count) {
      report(
          ProblemCode.CONTRADICTION,
          METRICS,
          "must have a weight for each metric or for none, found "
              + weights
              + " for "
              + count
              + " metrics",
          "Maybe weight: 1 is meant for the others.");
    } else if (weights > 0 && limits > 0) {
      report(
          ProblemCode.CONTRADICTION,
          METRICS,
          "a weighted mean has one limit, tuning.accuracy_criterion, found limits of its own for "
              + limits
              + " of its metrics",
          "Remove the weights, so that each metric must keep to its own limit.");
    }
  }

  /**
   * A baseline that is at hand is not trained, and one that is only known has no size or latency.
   */
  private void checkBaseline() {
    String metrics = BASELINE + ".metrics";
    String checkpoint = BASELINE + ".checkpoint";
    boolean known = assembly.count(metrics) > 0;
    Optional<String> file = text(checkpoint);
    if (!known && file.isEmpty()) {
      return;
    }
    if (known && file.isPresent()) {
      report(
          ProblemCode.CONTRADICTION,
          checkpoint,
          "metrics are given, too, found " + file.get(),
          "Remove the metrics: those of the checkpoint are measured.");
    }
    for (String key : List.of("epochs", "max_steps", "learning_rate")) {
      Optional<String> budget = text(BASELINE + "." + key);
      if (budget.isPresent()) {
        report(
            ProblemCode.CONTRADICTION,
            BASELINE + "." + key,
            "the baseline is given, so it is not trained, found " + budget.get(),
            "Remove one of the two.");
      }
    }
    if (known) {
      checkKnownMetrics();
    }
  }

  private void checkKnownMetrics() {
    for (String key : List.of("pruning.train.start_from", "distillation.teacher")) {
      if (text(key).filter("baseline"::equals).isPresent()) {
        report(
            ProblemCode.CONTRADICTION,
            key,
            "there is no baseline to take weights from, only its metrics, found baseline",
            "Maybe tuning.baseline.checkpoint is meant instead of tuning.baseline.metrics.");
      }
    }
    int several = assembly.count(OBJECTIVES);
    for (int i = 0; i < Math.max(1, several); i++) {
      String path = several == 0 ? OBJECTIVE : Paths.item(OBJECTIVES, i) + ".objective";
      String objective = text(path).orElse("modelsize");
      if (!OF_FILES.contains(objective) || assembly.isReported(path)) {
        continue;
      }
      report(
          ProblemCode.CONTRADICTION,
          path,
          objective + " compares with the dense model's file, of which only metrics are given",
          "Maybe tuning.objective: density is meant, or tuning.baseline.checkpoint.");
    }
  }

  /** One objective or several, each once. */
  private void checkObjectives() {
    int count = assembly.count(OBJECTIVES);
    Optional<String> one = text(OBJECTIVE);
    if (count > 0 && one.isPresent()) {
      report(
          ProblemCode.CONTRADICTION,
          OBJECTIVE,
          "multi_objectives is set, too, found " + one.get(),
          "Set one of the two to null.");
    }
    Set<String> names = new HashSet<>();
    for (int i = 0; i < count; i++) {
      String path = Paths.item(OBJECTIVES, i) + ".objective";
      Optional<String> name = text(path);
      if (name.isPresent() && !names.add(name.get())) {
        report(
            ProblemCode.DUPLICATE_KEY,
            path,
            name.get() + " is there twice",
            "Remove one of the two.");
      }
    }
  }

  private Optional<String> text(String path) {
    return Optional.ofNullable(assembly.value(path))
        .filter(value -> !value.value().isNull())
        .map(value -> value.value().asText());
  }

  private Optional<Double> number(String path) {
    return Optional.ofNullable(assembly.value(path))
        .filter(value -> !value.value().isNull())
        .map(value -> value.value().doubleValue());
  }

  private void report(ProblemCode code, String path, String message, String advice) {
    problems.add(Problem.of(code, path, message, advice).at(assembly.locate(path)));
  }
}
