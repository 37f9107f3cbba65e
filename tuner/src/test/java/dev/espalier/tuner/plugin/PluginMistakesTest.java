package dev.espalier.tuner.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.example.FaultyPlugins;
import dev.espalier.api.metric.ClassificationMetric;
import dev.espalier.api.metric.Metric;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.api.pruning.ConstantPruner;
import dev.espalier.api.pruning.GradientPruner;
import dev.espalier.api.pruning.MaskRule;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.ScorePruner;
import dev.espalier.api.pruning.Units;
import dev.espalier.api.pruning.WeightPruner;
import dev.espalier.api.tuning.Dimension;
import dev.espalier.api.tuning.Observation;
import dev.espalier.api.tuning.Proposal;
import dev.espalier.api.tuning.SearchSpace;
import dev.espalier.api.tuning.TuningStrategy;
import dev.espalier.core.training.FromPlugin;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever a plugin throws or returns is told as its mistake, with jar, class and method. */
class PluginMistakesTest {
  private static final String HERE = Path.of("target/test-classes").toAbsolutePath().toString();
  private static final SearchSpace SPACE =
      new SearchSpace(
          List.of(
              new Dimension.Real("rate", 0.1, 0.5, false),
              new Dimension.Whole("steps", 2, 5),
              new Dimension.Choice("name", List.of("a", "b"))));

  /** What a jar that is broken or too old throws, and what a wrong loop does. */
  static Stream<Throwable> throwables() {
    return Stream.of(
        new IllegalStateException("on\npurpose"),
        new IllegalArgumentException("on purpose"),
        new AssertionError("on purpose"),
        new StackOverflowError(),
        new OutOfMemoryError("on purpose"),
        new NoClassDefFoundError("com/example/Missing"),
        new AbstractMethodError("com.example.Old.update"),
        new Unprintable());
  }

  /** Its text fails, too. */
  private static final class Unprintable extends RuntimeException {
    private static final long serialVersionUID = 1;

    @Override
    public String getMessage() {
      throw new IllegalStateException("no text either");
    }
  }

  @ParameterizedTest
  @MethodSource("throwables")
  @DisplayName("every method of every kind of plugin")
  void thrown(Throwable thrown) {
    Runnable fault = () -> sneak(thrown);
    WeightPruner byWeight = (WeightPruner) pruner(() -> new FaultyPlugins.ByWeight(fault));
    blames("ByWeight.importance", thrown, () -> byWeight.importance(new float[2], new float[2]));
    blames("ByWeight.shrinks", thrown, byWeight::shrinks);
    blames("ByWeight.shrinkage", thrown, () -> byWeight.shrinkage(1));
    GradientPruner byGradient = (GradientPruner) pruner(() -> new FaultyPlugins.ByGradient(fault));
    blames(
        "ByGradient.update",
        thrown,
        () -> byGradient.update(new float[2], new float[2], new float[2]));
    ScorePruner scored =
        (ScorePruner)
            pruner(() -> new FaultyPlugins.ByScore(fault, MaskRule.SHARE, Optional::empty));
    blames("ByScore.maskRule", thrown, scored::maskRule);
    blames("ByScore.initializeScores", thrown, () -> initialize(scored));
    blames(
        "ByScore.scoreGradient",
        thrown,
        () -> scored.scoreGradient(new float[2], new float[2], new float[2], new float[2]));
    MaskRule.Gates gates = gates(fault);
    blames("Gates.sample", thrown, () -> gates.sample(new float[2], new float[2], new float[2]));
    blames("Gates.decide", thrown, () -> gates.decide(new float[2], new float[2]));
    ConstantPruner constant = (ConstantPruner) pruner(() -> new FaultyPlugins.Constant(fault));
    blames("Constant.mask", thrown, () -> constant.mask(new float[2], new float[2]));
    TuningStrategy strategy =
        strategy(() -> new FaultyPlugins.Strategy(fault, () -> Optional.empty()));
    blames("Strategy.next", thrown, () -> strategy.next(SPACE, List.of(), 1));
    blames("Strategy.startingPoints", thrown, () -> strategy.startingPoints(SPACE, List.of()));
    blames("Strategy.conclusion", thrown, () -> strategy.conclusion(SPACE, List.of()));
    ClassificationMetric metric =
        (ClassificationMetric) metrics(new FaultyPlugins.OfClasses(fault, "faulty")).get(0);
    blames("OfClasses.fits", thrown, () -> metric.fits(2));
    blames("OfClasses.compute", thrown, () -> metric.compute(new float[0][], new int[0]));
    if (!(thrown instanceof IllegalArgumentException)) {
      blames(
          "Pruners.create",
          thrown,
          () ->
              pruner(
                  () -> {
                    sneak(thrown);
                    return null;
                  }));
      blames(
          "Strategies.create",
          thrown,
          () ->
              strategy(
                  () -> {
                    sneak(thrown);
                    return null;
                  }));
    }
    assertThatThrownBy(
            () ->
                new PrunerCatalog(
                    List.of(
                        new FaultyPlugins.Described(
                            () -> {
                              sneak(thrown);
                              return null;
                            }))))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("FaultyPlugins$Described in " + HERE + " cannot be described: ")
        .hasMessageContaining(thrown.getClass().getName());
  }

  @Test
  @DisplayName("what a provider says of parameters that do not go together is the user's mistake")
  void refused() {
    assertThatThrownBy(
            () ->
                pruner(
                    () -> {
                      throw new IllegalArgumentException("a and b exclude each other");
                    }))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> assertThat(e.problems().get(0).kind()).isEqualTo(ProblemKind.CONFIGURATION))
        .hasMessage("a and b exclude each other");
  }

  @Test
  @DisplayName("a problem that a plugin tells keeps its kind, and gets the plugin's name")
  void told() {
    assertThatThrownBy(
            () ->
                pruner(
                    () -> {
                      throw ProblemException.of(ProblemKind.INPUT, "no table here", null);
                    }))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> assertThat(e.problems().get(0).kind()).isEqualTo(ProblemKind.INPUT))
        .hasMessage("pruner \"faulty\": no table here");
  }

  static Stream<Arguments> results() {
    ScorePruner nulls =
        (ScorePruner)
            pruner(() -> new FaultyPlugins.ByScore(PluginMistakesTest::sound, null, () -> null));
    return Stream.of(
        result("Pruners.create returned null", () -> pruner(() -> null)),
        result("Strategies.create returned null", () -> strategy(() -> null)),
        result("ByScore.maskRule returned null", nulls::maskRule),
        result("ByScore.penalty returned null", nulls::penalty),
        result("ByScore.initializeScores set score 1 of u to NaN", () -> initialize(nulls)),
        result(
            "ByWeight.shrinkage(0.5) returned NaN",
            () ->
                ((WeightPruner) pruner(() -> new FaultyPlugins.ByWeight(PluginMistakesTest::sound)))
                    .shrinkage(0.5)),
        result(
            "Constant.mask set element 0 of a mask to NaN, not in [0, 1]",
            () ->
                ((ConstantPruner)
                        pruner(() -> new FaultyPlugins.Constant(PluginMistakesTest::sound)))
                    .mask(new float[2], new float[2])),
        result(
            "Gates.decide set element 0 of a mask to 2.0, not in [0, 1]",
            () -> gates(PluginMistakesTest::sound).decide(new float[2], new float[2])),
        result("Strategy.next returned null", () -> next(null)),
        result(
            "next proposed a value for \"other\", which the search space does not have",
            () -> next(Proposal.of(Map.of("other", 1.0)))),
        result("next proposed 0.6 for rate", () -> next(Proposal.of(Map.of("rate", 0.6)))),
        result("next proposed 1 for rate", () -> next(Proposal.of(Map.of("rate", 1L)))),
        result("next proposed 2.0 for steps", () -> next(Proposal.of(Map.of("steps", 2.0)))),
        result("next proposed c for name", () -> next(Proposal.of(Map.of("name", "c")))),
        result("next proposed null for name", () -> next(Proposal.of(withNull()))),
        result(
            "next proposed to start from trial 2, which there was not",
            () -> next(new Proposal(Map.of(), 1, 2))),
        result(
            "OfClasses.name returned null",
            () -> metrics(new FaultyPlugins.OfClasses(PluginMistakesTest::sound, null))),
        result(
            "OfClasses.name returned \"a b\"",
            () -> metrics(new FaultyPlugins.OfClasses(PluginMistakesTest::sound, "a b"))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("results")
  @DisplayName("what an interface excludes")
  void returned(String told, Runnable call) {
    Problem problem = problem(call);

    assertThat(problem.kind()).isEqualTo(ProblemKind.PLUGIN);
    assertThat(problem.toString()).startsWith(HERE + ": ").contains(told);
  }

  @Test
  @DisplayName("a descriptor that is null is a mistake that names the class")
  void noDescriptor() {
    assertThatThrownBy(() -> new PrunerCatalog(List.of(new FaultyPlugins.Described(() -> null))))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("FaultyPlugins$Described in " + HERE + " cannot be described");
  }

  @Test
  @DisplayName("a sound proposal passes as it is, and a pruner can be named")
  void soundOnes() {
    Proposal sound = new Proposal(Map.of("rate", 0.1, "steps", 5L, "name", "b"), 0.5, 1);

    assertThat(next(sound)).contains(sound);
    assertThat(
            ((FromPlugin) pruner(() -> new FaultyPlugins.ByGradient(PluginMistakesTest::sound)))
                .plugin())
        .isEqualTo(
            "pruner \"faulty\", a plugin (com.example.FaultyPlugins$Pruners in " + HERE + ")");
  }

  @Test
  @DisplayName("two metrics of one kind and name are a mistake, of two kinds are not")
  void sameMetric() {
    assertThatThrownBy(
            () ->
                metrics(
                    new FaultyPlugins.OfClasses(PluginMistakesTest::sound, "same"),
                    new FaultyPlugins.OfClasses(PluginMistakesTest::sound, "same")))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("two metrics are named \"same of classes\": com.example.");
  }

  @Test
  @DisplayName("what our own pruners throw stays a bug of ours")
  void ours() {
    Pruner own =
        new PrunerCatalog(List.of(dev.espalier.tuner.fixture.TestPruner.constant("own")))
            .create("own", Map.of(), null);

    assertThat(own).isNotInstanceOf(FromPlugin.class);
    assertThatThrownBy(() -> ((ConstantPruner) own).mask(new float[1], new float[1]))
        .isInstanceOf(UnsupportedOperationException.class);
  }

  private static Arguments result(String told, Runnable call) {
    return Arguments.of(told, call);
  }

  private static void blames(String method, Throwable thrown, Runnable call) {
    Problem problem = problem(call);

    assertThat(problem.kind()).isEqualTo(ProblemKind.PLUGIN);
    assertThat(problem.kind().exitCode()).isEqualTo(4);
    assertThat(problem.message())
        .contains(
            " \"faulty\" failed: com.example.FaultyPlugins$"
                + method
                + " threw "
                + thrown.getClass().getName())
        .doesNotContain("\n");
    assertThat(problem.location()).hasToString(HERE);
    assertThat(problem.advice())
        .contains(
            thrown instanceof LinkageError
                ? "another version of Espalier"
                : thrown instanceof OutOfMemoryError
                    ? "-Xmx"
                    : "in the plugin and not in Espalier");
  }

  private static Problem problem(Runnable call) {
    return catchThrowableOfType(ProblemException.class, call::run).problems().get(0);
  }

  private static Pruner pruner(Supplier<@Nullable Pruner> creates) {
    return new PrunerCatalog(List.of(new FaultyPlugins.Pruners(creates)))
        .create("faulty", Map.of(), null);
  }

  private static TuningStrategy strategy(Supplier<@Nullable TuningStrategy> creates) {
    return new StrategyCatalog(List.of(new FaultyPlugins.Strategies(creates)))
        .create("faulty", Map.of(), null);
  }

  private static List<Metric> metrics(Metric... plugins) {
    return MetricCatalog.of(List.of(plugins), new ClassLoader(null) {}, List.of());
  }

  private static Optional<Proposal> next(@Nullable Proposal proposal) {
    return strategy(
            () ->
                new FaultyPlugins.Strategy(
                    PluginMistakesTest::sound,
                    () -> proposal == null ? null : Optional.of(proposal)))
        .next(SPACE, List.of(new Observation(1, Proposal.of(Map.of()), null, false)), 1);
  }

  private static MaskRule.Gates gates(Runnable fault) {
    ScorePruner pruner =
        (ScorePruner)
            pruner(
                () ->
                    new FaultyPlugins.ByScore(
                        PluginMistakesTest::sound,
                        new FaultyPlugins.Gates(fault),
                        Optional::empty));
    return (MaskRule.Gates) pruner.maskRule();
  }

  private static void initialize(ScorePruner pruner) {
    pruner.initializeScores(new Units("u", 1, 2), new float[2], new SplittableRandom(1));
  }

  private static Map<String, Object> withNull() {
    Map<String, Object> values = new HashMap<>();
    values.put("name", null);
    return values;
  }

  private static void sound() {}

  private static void sneak(Throwable thrown) {
    if (thrown instanceof Error error) {
      throw error;
    }
    throw (RuntimeException) thrown;
  }
}
