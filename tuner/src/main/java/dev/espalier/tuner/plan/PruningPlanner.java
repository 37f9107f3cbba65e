package dev.espalier.tuner.plan;

import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.api.problem.Suggestions;
import dev.espalier.api.pruning.ConstantPruner;
import dev.espalier.api.pruning.CubicSchedule;
import dev.espalier.api.pruning.GroupRule;
import dev.espalier.api.pruning.MaskRule;
import dev.espalier.api.pruning.ParameterDescriptor;
import dev.espalier.api.pruning.ParameterValues;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.PrunerDescriptor;
import dev.espalier.api.pruning.ScorePruner;
import dev.espalier.api.pruning.TopShare;
import dev.espalier.config.Amount.Length;
import dev.espalier.config.Configuration.PruneDomain;
import dev.espalier.config.Configuration.PrunerChoice;
import dev.espalier.config.Configuration.WeightCompression;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.config.Words;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.core.training.PruningPlan;
import dev.espalier.core.training.PruningPlan.Follows;
import dev.espalier.core.training.TrainingPlan;
import dev.espalier.core.training.UnitGroup;
import dev.espalier.tuner.plan.PruningPattern.Matrix;
import dev.espalier.tuner.plugin.PrunerCatalog;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Puts a pruner together with what is pruned, in which units, over which scope, and when. */
final class PruningPlanner {
  private static final String COMPRESSION = "pruning.approach.weight_compression";
  private static final String TARGET = COMPRESSION + ".target_sparsity";

  private static final String LAMBDA = "final_lambda";
  private static final String ATTENTION = ".attention.";

  private final ResolvedConfiguration resolved;
  private final WeightCompression compression;
  private final PrunerChoice choice;

  /** The path of {@link #choice}. */
  private final String at;

  PruningPlanner(ResolvedConfiguration resolved) {
    this(resolved, 0);
  }

  private PruningPlanner(ResolvedConfiguration resolved, int index) {
    this.resolved = resolved;
    this.compression = resolved.configuration().pruning().approach().weightCompression();
    this.choice = compression.pruners().get(index);
    this.at = COMPRESSION + ".pruners[" + index + "]";
  }

  /**
   * What is wrong with one of several pruners, which only a draft has; what goes with the rest of
   * the configuration is said of the first alone.
   */
  static List<Problem> mistakes(ResolvedConfiguration draft, PrunerCatalog pruners, int index) {
    List<Problem> problems = new ArrayList<>();
    PruningPlanner planner = new PruningPlanner(draft, index);
    PruningPattern unused = planner.pattern(problems);
    planner.create(pruners, problems);
    return problems;
  }

  /**
   * Creates the pruner, and checks that the rest of the configuration goes with it.
   *
   * @throws ProblemException of kind CONFIGURATION with everything that does not
   */
  Pruner pruner(PrunerCatalog pruners) {
    List<Problem> problems = new ArrayList<>();
    PruningPattern pattern = pattern(problems);
    Pruner pruner = create(pruners, problems);
    if (pruner != null) {
      checkTarget(pruner, problems);
      if (pattern != null) {
        checkPattern(pruner, pattern, problems);
      }
    }
    if (pruner == null || !problems.isEmpty()) {
      throw new ProblemException(problems);
    }
    return pruner;
  }

  /**
   * The pruner; with the defaults in place of wrong parameters, so that whatever else does not fit
   * is found, too. Null when there is none, which is in {@code problems} then.
   */
  private @Nullable Pruner create(PrunerCatalog pruners, List<Problem> problems) {
    try {
      PrunerDescriptor descriptor =
          pruners.descriptor(choice.pruneType(), resolved.locate(at + ".prune_type"));
      List<Problem> mistaken = new ArrayList<>();
      checkParameters(descriptor, mistaken);
      problems.addAll(mistaken);
      return pruners.create(
          choice.pruneType(),
          mistaken.isEmpty() ? choice.parameters() : Map.of(),
          resolved.locate(at + ".parameters"));
    } catch (ProblemException e) {
      e.problems().stream()
          .map(each -> each.below(each.key() == null ? at + ".parameters" : at))
          .forEach(problems::add);
      return null;
    }
  }

  private void checkParameters(PrunerDescriptor descriptor, List<Problem> problems) {
    List<String> known = descriptor.parameters().stream().map(ParameterDescriptor::name).toList();
    ParameterValues.mistakes(descriptor.parameters(), choice.parameters())
        .forEach(
            (name, mistake) -> {
              String path = at + ".parameters." + name;
              boolean unknown = !known.contains(name);
              problems.add(
                  resolved.problem(
                      unknown ? ProblemCode.UNKNOWN_KEY : ProblemCode.OUT_OF_RANGE,
                      path,
                      "pruner " + descriptor.name() + ": " + mistake,
                      unknown
                          ? Suggestions.closest(name, known)
                              .map(nearest -> "Maybe \"" + nearest + "\" is meant.")
                              .orElse(describe(descriptor))
                          : describe(descriptor)));
            });
  }

  private static String describe(PrunerDescriptor descriptor) {
    return "See ./espalier pruners describe " + descriptor.name() + ".";
  }

  private void checkTarget(Pruner pruner, List<Problem> problems) {
    Double target = compression.targetSparsity();
    boolean share = Follows.of(pruner) == Follows.DENSITY;
    if (share && target == null) {
      problems.add(
          resolved.problem(
              ProblemCode.MISSING_KEY,
              TARGET,
              "is missing; " + choice.pruneType() + " removes as much as it says",
              "Maybe target_sparsity: 0.9 is meant."));
    }
    if (!share && target != null && hasPenalty(pruner) && choice.parameters().containsKey(LAMBDA)) {
      problems.add(
          problem(
              at + ".parameters." + LAMBDA,
              "target_sparsity is set, too, found " + choice.parameters().get(LAMBDA),
              "Remove one: with a target the run finds lambda by itself."));
    }
    if (!share && target != null && !hasPenalty(pruner)) {
      problems.add(
          problem(
              TARGET,
              choice.pruneType() + " does not follow a target sparsity, found " + target,
              pruner instanceof ConstantPruner
                  ? "Remove it: the zeros that are there decide."
                  : "Remove it: the pruner's own parameters decide."));
    }
    if (!share && choice.pruneDomain() != PruneDomain.LOCAL) {
      problems.add(
          problem(
              at + ".prune_domain",
              "nothing competes under "
                  + choice.pruneType()
                  + ", found "
                  + Words.of(choice.pruneDomain()),
              "Remove it."));
    }
  }

  /** The pattern, which no pruner is needed to read; null when it is wrong. */
  private @Nullable PruningPattern pattern(List<Problem> problems) {
    try {
      return PruningPattern.parse(choice.pattern());
    } catch (IllegalArgumentException e) {
      problems.add(
          resolved.problem(
              ProblemCode.BAD_FORMAT,
              at + ".pattern",
              String.valueOf(e.getMessage()),
              "Maybe 1x1, 4x1 or 2:4 is meant."));
      return null;
    }
  }

  private void checkPattern(Pruner pruner, PruningPattern pattern, List<Problem> problems) {
    String path = at + ".pattern";
    boolean fixed = pruner instanceof ConstantPruner;
    boolean grouped = pattern instanceof PruningPattern.AtMost;
    if ((fixed && !pattern.equals(new PruningPattern.Blocks(1, 1)))
        || (grouped && Follows.of(pruner) != Follows.DENSITY)) {
      problems.add(
          problem(
              path,
              choice.pruneType()
                  + (fixed ? " supports single weights only" : " does not support N:M patterns")
                  + ", found "
                  + choice.pattern(),
              "Remove it, or write 1x1."));
    }
    Double target = compression.targetSparsity();
    if (pattern instanceof PruningPattern.AtMost most
        && target != null
        && 1 - target < most.rule().lowestDensity() - 1e-9) {
      problems.add(
          problem(
              TARGET,
              "the pattern "
                  + choice.pattern()
                  + " removes at most "
                  + (double) most.rule().removed() / most.rule().of()
                  + ", found "
                  + target,
              adviceFor(most.rule(), target)));
    }
  }

  /** Some write N for the kept ones; when that would give the target, it is probably meant. */
  private static String adviceFor(GroupRule rule, double target) {
    int kept = rule.of() - rule.removed();
    double highest = (double) rule.removed() / rule.of();
    return kept > rule.removed() && target <= (double) kept / rule.of() + 1e-9
        ? "Maybe " + kept + ":" + rule.of() + " is meant: N counts the removed ones."
        : "Maybe --set " + TARGET + "=" + highest + " is meant, all that this pattern can remove.";
  }

  /**
   * Resolves everything against the model and the length of the training.
   *
   * @param pruner what {@link #pruner} made
   * @param weights the model to prune
   * @param training how it is trained
   * @param length how long that is
   * @throws ProblemException of kind CONFIGURATION when a glob matches nothing, a pattern does not
   *     fit, or the schedule has no room in the steps that there are
   */
  PruningPlan plan(
      Pruner pruner, TransformerWeights weights, TrainingPlan training, Length length) {
    CubicSchedule span = span(training, length);
    List<Matrix> matrices =
        new Targets(weights, resolved, at).resolve(choice.names(), choice.excludedNames());
    PruningPattern pattern = PruningPattern.parse(choice.pattern());
    List<List<UnitGroup>> scopes = scopes(groups(pattern, matrices, weights));
    checkEffect(pruner, scopes);
    return new PruningPlan(
        choice.pruneType(),
        pruner,
        scopes,
        pattern instanceof PruningPattern.AtMost most ? most.rule() : null,
        schedule(pruner, span),
        densityGoal(pruner, span));
  }

  /**
   * Checks that the schedule fits into the training.
   *
   * @throws ProblemException of kind CONFIGURATION when it has no room
   */
  void checkSchedule(TrainingPlan training, Length length) {
    CubicSchedule unused = span(training, length);
  }

  /** Whether the schedule depends on how many examples there are. */
  boolean isScheduledInEpochs() {
    return compression.initialWarmup().isInEpochs() || compression.finalWarmup().isInEpochs();
  }

  private List<UnitGroup> groups(
      PruningPattern pattern, List<Matrix> matrices, TransformerWeights weights) {
    String path = at + ".pattern";
    List<UnitGroup> groups;
    try {
      groups = pattern.groups(matrices, weights.architecture());
    } catch (IllegalArgumentException e) {
      throw new ProblemException(
          List.of(
              problem(
                  path,
                  choice.pattern() + " does not fit: " + e.getMessage(),
                  "Maybe excluded_names should hold what does not fit.")),
          e);
    }
    if (groups.isEmpty()) {
      throw new ProblemException(
          List.of(
              problem(
                  path,
                  choice.pattern() + " fits none of the matrices that names matches",
                  "Maybe names is too narrow.")));
    }
    return groups;
  }

  private List<List<UnitGroup>> scopes(List<UnitGroup> groups) {
    return switch (choice.pruneDomain()) {
      case GLOBAL -> List.of(groups);
      case GROUPS ->
          groups.stream()
              .collect(
                  Collectors.partitioningBy(g -> g.members().get(0).name().contains(ATTENTION)))
              .values()
              .stream()
              .filter(scope -> !scope.isEmpty())
              .toList();
      case LOCAL -> groups.stream().map(List::of).toList();
    };
  }

  /** A share of few units may round to none of them, in every scope. */
  private void checkEffect(Pruner pruner, List<List<UnitGroup>> scopes) {
    Double target = compression.targetSparsity();
    if (target == null || Follows.of(pruner) != Follows.DENSITY) {
      return;
    }
    List<Long> sizes =
        scopes.stream()
            .map(scope -> scope.stream().mapToLong(group -> group.units().size()).sum())
            .toList();
    if (sizes.stream().allMatch(units -> TopShare.count(1 - target, units) == units)) {
      long most = sizes.stream().mapToLong(Long::longValue).max().orElse(0);
      throw new ProblemException(
          List.of(
              problem(
                  TARGET,
                  "removes nothing: with the pattern "
                      + choice.pattern()
                      + " at most "
                      + most
                      + " units compete under prune_domain "
                      + Words.of(choice.pruneDomain())
                      + ", and "
                      + target
                      + " of them rounds to none",
                  "Maybe a higher target_sparsity, a smaller pattern or prune_domain: global.")));
    }
  }

  private CubicSchedule schedule(Pruner pruner, CubicSchedule span) {
    if (pruner instanceof ScorePruner scored
        && scored.maskRule() instanceof MaskRule.Threshold threshold) {
      return span.between(threshold.initial(), threshold.last());
    }
    Double target = compression.targetSparsity();
    return target == null || Follows.of(pruner) != Follows.DENSITY
        ? span
        : span.between(1 - compression.initialSparsity(), 1 - target);
  }

  /** The density that λ is steered to; null for a pruner that follows one itself, or has none. */
  private @Nullable CubicSchedule densityGoal(Pruner pruner, CubicSchedule span) {
    Double target = compression.targetSparsity();
    return target == null || Follows.of(pruner) == Follows.DENSITY
        ? null
        : span.between(1 - compression.initialSparsity(), 1 - target);
  }

  private static boolean hasPenalty(Pruner pruner) {
    return pruner instanceof ScorePruner scored && scored.penalty().isPresent();
  }

  /**
   * When the schedule moves. It reaches its end at the last step at the latest, so that the last
   * forward pass of the training already has the value that is asked for.
   */
  private CubicSchedule span(TrainingPlan training, Length length) {
    long warmup = training.warmupSteps();
    long total = training.totalSteps();
    long start = compression.initialWarmup().of(length, warmup);
    long cool = compression.finalWarmup().of(length, warmup);
    long end = total - Math.max(1, cool);
    if (start >= end) {
      throw new ProblemException(
          List.of(
              new Problem(
                  ProblemKind.CONFIGURATION,
                  ProblemCode.CONTRADICTION,
                  resolved.locate(COMPRESSION),
                  "the sparsity schedule has no room: it would start after "
                      + start
                      + " steps (initial_warmup "
                      + compression.initialWarmup()
                      + ") and end at step "
                      + end
                      + " (total "
                      + total
                      + " - final_warmup "
                      + compression.finalWarmup()
                      + "; the warm-up has "
                      + warmup
                      + ")",
                  "Train for more epochs or max_steps, or lower pruning.train.warmup,"
                      + " initial_warmup or final_warmup.")));
    }
    return new CubicSchedule(1, 1, start, end);
  }

  private Problem problem(String path, String message, String advice) {
    return resolved.problem(ProblemCode.CONTRADICTION, path, message, advice);
  }
}
