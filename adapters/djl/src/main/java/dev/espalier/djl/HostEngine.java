package dev.espalier.djl;

import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.api.pruning.CubicSchedule;
import dev.espalier.api.pruning.GradientPruner;
import dev.espalier.api.pruning.GroupRule;
import dev.espalier.api.pruning.ScorePenalty;
import dev.espalier.api.pruning.ScorePruner;
import dev.espalier.api.pruning.TopShare;
import dev.espalier.api.pruning.Units;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.training.PruningPlan;
import dev.espalier.core.training.PruningPlan.Follows;
import dev.espalier.core.training.UnitGroup;
import dev.espalier.djl.Scoring.Moment;
import dev.espalier.djl.Workers.Scratch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The step over plain Java arrays, for parameters that libtorch keeps in the memory of the host.
 *
 * <p>With G = ∂L/∂W' the weights get G ⊙ M and the scores what the pruner makes of G ⊙ W. A masked
 * weight therefore gets no gradient and moves by momentum and decay only, unseen by the forward
 * pass, which always runs on M ⊙ W (Sanh et al. 2020, section 3).
 */
final class HostEngine implements StepEngine {
  private final @Nullable PruningPlan plan;
  private final long seed;
  private final long steps;
  private final List<HostParameter> dense;
  private final List<PrunedGroup> groups;
  private final List<Scope> scopes;
  private final Workers workers;
  private final double[] squares;
  private final long[] kept;
  private final long[] decided;
  private final @Nullable LambdaController controller;
  private boolean sawGradients;

  /** Groups whose units compete, with room for what they are ranked by where they are several. */
  private record Scope(List<PrunedGroup> groups, List<float[]> copies, TopShare.Cut cut) {
    Scope(List<PrunedGroup> groups) {
      this(
          groups,
          groups.size() == 1
              ? List.of()
              : groups.stream().map(g -> new float[g.mask.length]).toList(),
          new TopShare.Cut());
    }

    long units() {
      return groups.stream().mapToLong(g -> g.mask.length).sum();
    }

    /** How many units a density keeps. */
    int keep(double density) {
      return TopShare.count(density, units());
    }

    /**
     * The number of weights that are kept, once a density was selected; counted only if need be.
     */
    long kept(double density) {
      return groups.size() == 1
          ? (long) keep(density) * groups.get(0).group.weightsPerUnit()
          : counted();
    }

    /** The number of weights whose mask is not zero. */
    long counted() {
      return groups.stream().mapToLong(PrunedGroup::kept).sum();
    }
  }

  /**
   * Takes over {@code parameters}, and makes the masks of the first forward pass.
   *
   * @param parameters everything that is trained; those that {@code plan} prunes have a mask
   * @param plan null when nothing is pruned
   * @param seed for scores and gates
   * @param steps of the training
   */
  HostEngine(
      List<HostParameter> parameters,
      @Nullable PruningPlan plan,
      long seed,
      long steps,
      int threads) {
    this.plan = plan;
    this.seed = seed;
    this.steps = steps;
    this.dense = largestFirst(parameters.stream().filter(p -> !p.isPruned()).toList());
    this.scopes = plan == null ? List.of() : scopes(plan, parameters, moment(0, 0, 0, false));
    this.groups =
        scopes.stream()
            .flatMap(scope -> scope.groups().stream())
            .sorted(Comparator.comparingLong(g -> -g.group.weights()))
            .toList();
    this.squares = new double[groups.size() + dense.size()];
    this.kept = new long[scopes.size()];
    this.decided = new long[scopes.size()];
    CubicSchedule goal = plan == null ? null : plan.densityGoal();
    this.controller = goal == null ? null : new LambdaController(goal);
    this.workers = new Workers(threads);
    makeMasks(0, true);
    dense.forEach(HostParameter::publish);
  }

  private static List<Scope> scopes(
      PruningPlan plan, List<HostParameter> parameters, Moment start) {
    Map<String, HostParameter> byName =
        parameters.stream().collect(Collectors.toMap(p -> p.name, Function.identity()));
    List<Scope> scopes = new ArrayList<>();
    for (List<UnitGroup> scope : plan.scopes()) {
      scopes.add(
          new Scope(
              scope.stream()
                  .map(
                      group ->
                          new PrunedGroup(
                              plan.pruner(),
                              group,
                              group.members().stream().map(m -> byName.get(m.name())).toList(),
                              start))
                  .toList()));
    }
    return scopes;
  }

  /** So that no thread is left with a large one at the end. */
  private static List<HostParameter> largestFirst(List<HostParameter> parameters) {
    return parameters.stream()
        .sorted(
            Comparator.comparingInt((HostParameter p) -> -p.weights.length)
                .thenComparing(p -> p.name))
        .toList();
  }

  @Override
  public double takeGradients(long number) {
    Moment moment = moment(number);
    workers.run(
        squares.length,
        (task, scratch) -> {
          if (task < groups.size()) {
            squares[task] = groups.get(task).takeGradients(moment, scratch);
          } else {
            HostParameter parameter = dense.get(task - groups.size());
            parameter.takeGradient();
            squares[task] = sumOfSquares(parameter.gradient);
          }
        });
    sawGradients = true;
    if (controller != null && moment.look()) {
      controller.observePull(groups.stream().mapToDouble(g -> g.scoring.pull()).sum());
    }
    double sum = 0;
    for (double square : squares) {
      sum += square;
    }
    return Math.sqrt(sum);
  }

  @Override
  public @Nullable String nonFiniteParameter() {
    for (int i = 0; i < squares.length; i++) {
      if (!Double.isFinite(squares[i])) {
        return i < groups.size() ? groups.get(i).group.name() : dense.get(i - groups.size()).name;
      }
    }
    return null;
  }

  @Override
  public void update(long number, float scale, Rates rates) {
    workers.run(
        squares.length,
        (task, scratch) -> {
          if (task < groups.size()) {
            PrunedGroup group = groups.get(task);
            group.scoring.step(scale, rates.scores());
            for (HostParameter member : group.members) {
              member.optimizer.update(member.weights, member.gradient, scale, rates.decayed());
            }
          } else {
            HostParameter parameter = dense.get(task - groups.size());
            AdamW.Step step = parameter.decays ? rates.decayed() : rates.plain();
            parameter.optimizer.update(parameter.weights, parameter.gradient, scale, step);
            parameter.publish();
          }
        });
    makeMasks(number + 1, true);
    if (controller != null && LambdaController.looksAt(number + 1)) {
      controller.observeDensity(number + 1, share(decided), rates.share());
    }
  }

  @Override
  public void finish() {
    makeMasks(steps, false);
  }

  private void makeMasks(long number, boolean training) {
    if (plan == null) {
      return;
    }
    Moment moment = moment(number);
    boolean compete = plan.follows() == Follows.DENSITY;
    double density = density(number);
    workers.run(
        scopes.size(),
        (task, scratch) -> {
          Scope scope = scopes.get(task);
          if (compete) {
            select(scope, density, moment, scratch);
          }
          for (PrunedGroup group : scope.groups()) {
            if (!compete) {
              rankable(group, () -> group.scoring.decide(group.mask, moment, training, scratch));
            }
            group.publish(scratch);
          }
          kept[task] = compete ? scope.kept(density) : scope.counted();
          if (moment.look()) {
            decided[task] =
                scope.groups().stream().mapToLong(g -> g.decided(moment, scratch)).sum();
          }
        });
  }

  /** The density to keep; all of it as long as a pruner that ranks by gradients has seen none. */
  private double density(long number) {
    PruningPlan pruning = activePlan();
    return pruning.pruner() instanceof GradientPruner && !sawGradients
        ? 1
        : pruning.schedule().at(number);
  }

  private void select(Scope scope, double density, Moment moment, Scratch scratch) {
    List<float[]> importances = new ArrayList<>();
    for (int i = 0; i < scope.groups().size(); i++) {
      PrunedGroup group = scope.groups().get(i);
      float[] importance = group.scoring.importance(moment, scratch);
      float[] ranked = ranked(scope, i, importance, scratch);
      if (ranked != importance) {
        rankable(group, () -> prepare(importance, ranked));
      }
      importances.add(ranked);
    }
    int keep = scope.keep(density);
    List<float[]> masks = scope.groups().stream().map(g -> g.mask).toList();
    // Only a group by itself can still fail here; several were checked while they were copied.
    rankable(
        scope.groups().get(0),
        () -> scratch.selection.select(importances, keep, masks, scope.cut()));
  }

  /** Where to rank: where it is, unless more groups follow or the N:M rule changes values. */
  private float[] ranked(Scope scope, int number, float[] importance, Scratch scratch) {
    if (!scope.copies().isEmpty()) {
      return scope.copies().get(number);
    }
    return activePlan().groupRule() == null ? importance : scratch.third(importance.length);
  }

  private void prepare(float[] importance, float[] ranked) {
    GroupRule rule = activePlan().groupRule();
    if (rule != null) {
      rule.protect(importance, ranked);
    } else {
      TopShare.requireNumbers(importance);
      System.arraycopy(importance, 0, ranked, 0, ranked.length);
    }
  }

  /** Names the group whose scores are not numbers, and the plugin that made them, if one did. */
  private void rankable(PrunedGroup group, Runnable ranking) {
    try {
      ranking.run();
    } catch (IllegalArgumentException e) {
      String advice = "Lower score_learning_rate, or report it to the pruner's author.";
      throw new ProblemException(
          List.of(
              new Problem(
                  ProblemKind.TRAINING,
                  null,
                  "the pruner cannot rank " + group.group.name() + ": " + e.getMessage(),
                  activePlan()
                      .plugin()
                      .map(each -> advice + " It is " + each + ".")
                      .orElse(advice))),
          e);
    }
  }

  private Moment moment(long number) {
    if (plan == null) {
      return moment(number, 1, 0, false);
    }
    double threshold = plan.schedule().at(number);
    boolean look = controller != null && LambdaController.looksAt(number);
    double lambda = lambda(threshold).orElse(0) / groups.size();
    return moment(number, threshold, lambda, look);
  }

  private Moment moment(long number, double threshold, double lambda, boolean look) {
    return new Moment(number, steps, seed, threshold, lambda, look);
  }

  @Override
  public OptionalDouble lambda(long number) {
    return plan == null ? OptionalDouble.empty() : lambda(plan.schedule().at(number));
  }

  /**
   * λ of all groups together: steered, or else following the threshold up to its final value
   * (reference implementation).
   */
  private OptionalDouble lambda(double threshold) {
    if (controller != null) {
      return OptionalDouble.of(controller.lambda());
    }
    PruningPlan pruning = activePlan();
    Optional<ScorePenalty> penalty =
        pruning.pruner() instanceof ScorePruner scored ? scored.penalty() : Optional.empty();
    if (penalty.isEmpty()) {
      return OptionalDouble.empty();
    }
    double last = pruning.schedule().last();
    double progress = last == 0 ? 1 : threshold / last;
    return OptionalDouble.of(penalty.orElseThrow().finalLambda() * progress);
  }

  private PruningPlan activePlan() {
    if (plan == null) {
      throw new IllegalStateException("nothing is pruned");
    }
    return plan;
  }

  /** The live arrays: a copy of them would double the memory of a training. */
  @Override
  public State save() {
    return new State(arrays(), controller == null ? null : controller.state());
  }

  private SortedMap<String, float[]> arrays() {
    SortedMap<String, float[]> arrays = new TreeMap<>();
    dense.forEach(parameter -> addTo(arrays, parameter));
    for (PrunedGroup group : groups) {
      group.members.forEach(member -> addTo(arrays, member));
      arrays.putAll(group.scoring.state());
    }
    return arrays;
  }

  private static void addTo(Map<String, float[]> arrays, HostParameter parameter) {
    arrays.put(parameter.name, parameter.weights);
    arrays.put(parameter.name + ":mean", parameter.optimizer.mean());
    arrays.put(parameter.name + ":variance", parameter.optimizer.variance());
  }

  @Override
  public void load(long done, State state) {
    SortedMap<String, float[]> own = arrays();
    requireSame(own.keySet(), state.arrays().keySet());
    own.forEach(
        (name, values) -> {
          float[] saved = Objects.requireNonNull(state.arrays().get(name));
          if (saved.length != values.length) {
            throw new IllegalArgumentException(name + " has " + saved.length + " values");
          }
        });
    own.forEach(
        (name, values) -> System.arraycopy(state.arrays().get(name), 0, values, 0, values.length));
    sawGradients = done > 0;
    if (controller != null && state.steering() != null) {
      controller.restore(state.steering());
    }
    makeMasks(done, true);
    dense.forEach(HostParameter::publish);
  }

  /**
   * Other arrays are those of another model, or of a plugin that calls its statistics otherwise.
   */
  private static void requireSame(Set<String> wanted, Set<String> found) {
    Optional<String> missing = wanted.stream().filter(name -> !found.contains(name)).findFirst();
    Optional<String> other = found.stream().filter(name -> !wanted.contains(name)).findFirst();
    if (missing.isPresent() || other.isPresent()) {
      throw new IllegalArgumentException(
          "it does not hold what is trained: "
              + Stream.of(
                      missing.map(name -> "it lacks " + name), other.map(name -> "it has " + name))
                  .flatMap(Optional::stream)
                  .collect(Collectors.joining(", ")));
    }
  }

  @Override
  public double density() {
    return share(kept);
  }

  private double share(long[] counts) {
    long all = groups.stream().mapToLong(group -> group.group.weights()).sum();
    return all == 0 ? 1 : (double) Arrays.stream(counts).sum() / all;
  }

  @Override
  public Map<String, Double> densities() {
    Map<String, Double> densities = new TreeMap<>();
    for (PrunedGroup group : groups) {
      double density = (double) group.kept() / group.group.weights();
      group.members.forEach(member -> densities.put(member.name, density));
    }
    return densities;
  }

  @Override
  public Map<String, Tensor> scores() {
    Map<String, Tensor> scores = new TreeMap<>();
    for (PrunedGroup group : groups) {
      if (group.scoring.scores().length > 0) {
        Units units = group.group.units();
        scores.put(
            units.name(),
            Tensor.matrix(units.rows(), units.columns(), group.scoring.scores().clone()));
      }
    }
    return scores;
  }

  @Override
  public Map<String, Tensor> effective() {
    Map<String, Tensor> effective = new TreeMap<>();
    dense.forEach(parameter -> effective.put(parameter.name, parameter.effective()));
    for (PrunedGroup group : groups) {
      group.members.forEach(member -> effective.put(member.name, member.effective()));
    }
    return effective;
  }

  /** Four partial sums, so that the additions do not wait for each other. */
  static double sumOfSquares(float[] values) {
    int size = values.length;
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int i = 0;
    for (; i + 3 < size; i += 4) {
      a += (double) values[i] * values[i];
      b += (double) values[i + 1] * values[i + 1];
      c += (double) values[i + 2] * values[i + 2];
      d += (double) values[i + 3] * values[i + 3];
    }
    for (; i < size; i++) {
      a += (double) values[i] * values[i];
    }
    return a + b + c + d;
  }

  @Override
  public void close() {
    workers.close();
  }
}
