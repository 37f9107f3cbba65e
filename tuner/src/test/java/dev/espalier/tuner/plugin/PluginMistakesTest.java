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
import dev.espalier.api.pruning.ParameterDescriptor;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.PrunerDescriptor;
import dev.espalier.api.pruning.ScorePruner;
import dev.espalier.api.pruning.Step;
import dev.espalier.api.pruning.Units;
import dev.espalier.api.pruning.WeightPruner;
import dev.espalier.api.tuning.Dimension;
import dev.espalier.api.tuning.Observation;
import dev.espalier.api.tuning.Proposal;
import dev.espalier.api.tuning.SearchSpace;
import dev.espalier.api.tuning.TuningStrategy;
import dev.espalier.core.training.FromPlugin;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TimeZone;
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
  private static final Step STEP = new Step(new Units("u", 1, 2), 0, 1, 1);
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
    blames(
        "ByWeight.importance", thrown, () -> byWeight.importance(STEP, new float[2], new float[2]));
    blames("ByWeight.shrinks", thrown, byWeight::shrinks);
    blames("ByWeight.shrinkage", thrown, () -> byWeight.shrinkage(STEP, 1));
    GradientPruner byGradient =
        (GradientPruner) pruner(() -> new FaultyPlugins.ByGradient(fault, List.of()));
    blames(
        "ByGradient.update",
        thrown,
        () -> byGradient.update(STEP, new float[2], new float[2], new float[1][2]));
    blames("ByGradient.statistics", thrown, byGradient::statistics);
    blames(
        "ByGradient.importance",
        thrown,
        () -> byGradient.importance(STEP, new float[1][2], new float[2]));
    ScorePruner scored =
        (ScorePruner)
            pruner(() -> new FaultyPlugins.ByScore(fault, MaskRule.SHARE, Optional::empty));
    blames("ByScore.maskRule", thrown, scored::maskRule);
    blames("ByScore.initializeScores", thrown, () -> initialize(scored));
    blames(
        "ByScore.scoreGradient",
        thrown,
        () -> scored.scoreGradient(STEP, new float[2], new float[2], new float[2], new float[2]));
    MaskRule.Gates gates = gates(fault);
    blames(
        "Gates.sample", thrown, () -> gates.sample(STEP, new float[2], new float[2], new float[2]));
    blames("Gates.decide", thrown, () -> gates.decide(STEP, new float[2], new float[2]));
    ConstantPruner constant = (ConstantPruner) pruner(() -> new FaultyPlugins.Constant(fault));
    blames("Constant.mask", thrown, () -> constant.mask(STEP, new float[2], new float[2]));
    TuningStrategy strategy =
        strategy(() -> new FaultyPlugins.Strategy(fault, () -> Optional.empty()));
    blames("Strategy.next", thrown, () -> strategy.next(SPACE, List.of(), 1));
    blames("Strategy.startingPoints", thrown, () -> strategy.startingPoints(SPACE, List.of()));
    blames("Strategy.mostTrials", thrown, () -> strategy.mostTrials(SPACE));
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
        result(
            "ByScore.initializeScores of u set score 1 to NaN, which is not finite",
            () -> initialize(nulls)),
        result(
            ".importance set element 1 to Infinity, which is not finite",
            () -> filled(Float.POSITIVE_INFINITY, 1, new float[2])),
        result(
            ".importance set element 2999 to NaN, which is not finite",
            () -> filled(Float.NaN, 2999, new float[3000])),
        result(
            ".update set score 1500 to -Infinity, which is not finite",
            () -> updated(Float.NEGATIVE_INFINITY, new float[3000])),
        result(
            "ByGradient.statistics() returned [], not one or more different names",
            () -> byGradient(List.of()).statistics()),
        result(
            "ByGradient.statistics() returned [mean, mean], not one or more different names",
            () -> byGradient(List.of("mean", "mean")).statistics()),
        result(
            "ByGradient.importance returned 3 values, not the 2 of the matrix",
            () -> byGradient(List.of("mean")).importance(STEP, new float[1][2], new float[2])),
        result(
            ".scoreGradient set element 2 to NaN, which is not finite", () -> scored(new float[3])),
        result(
            "Gates.sample set element 0 of a mask to 2.0, not in [0, 1]",
            () ->
                gates(PluginMistakesTest::sound)
                    .sample(STEP, new float[2], new float[2], new float[2])),
        result("startingPoints returned a set with null in it", () -> startingPoints()),
        result(
            "Infinite.compute returned Infinity, neither a finite number nor NaN",
            () -> infinite().compute(new float[0][], new int[0])),
        result(
            "ByWeight.shrinkage(0.5) returned NaN",
            () ->
                ((WeightPruner) pruner(() -> new FaultyPlugins.ByWeight(PluginMistakesTest::sound)))
                    .shrinkage(STEP, 0.5)),
        result(
            ".importance changed an array that it may only read",
            () ->
                ((WeightPruner) pruner(() -> (WeightPruner) (step, given, into) -> given[1] = 2))
                    .importance(STEP, new float[2], new float[2])),
        result(
            ".update changed an array that it may only read",
            () ->
                ((GradientPruner)
                        pruner(() -> (GradientPruner) (step, g, weights, kept) -> g[1] = -1))
                    .update(STEP, new float[2], new float[2], new float[1][2])),
        result(
            ".mask set element 1 of a mask to 0.5, not 0 or 1",
            () ->
                ((ConstantPruner)
                        pruner(() -> (ConstantPruner) (step, given, into) -> into[1] = 0.5f))
                    .mask(STEP, new float[2], new float[2])),
        result(
            "Constant.mask set element 0 of a mask to NaN, not 0 or 1",
            () ->
                ((ConstantPruner)
                        pruner(() -> new FaultyPlugins.Constant(PluginMistakesTest::sound)))
                    .mask(STEP, new float[2], new float[2])),
        result(
            "Gates.decide set element 0 of a mask to 2.0, not in [0, 1]",
            () -> gates(PluginMistakesTest::sound).decide(STEP, new float[2], new float[2])),
        result("Strategy.next returned null", () -> next(null)),
        result(
            "next proposed a value for \"other\", which the search space does not have",
            () -> next(Proposal.of(Map.of("other", 1.0)))),
        result("next proposed 0.6 for rate", () -> next(Proposal.of(Map.of("rate", 0.6)))),
        result("next proposed 1 for rate", () -> next(Proposal.of(Map.of("rate", 1L)))),
        result("next proposed 2.0 for steps", () -> next(Proposal.of(Map.of("steps", 2.0)))),
        result(
            "next proposed \"c\" for name, which must be one of [a, b]",
            () -> next(Proposal.of(Map.of("name", "c")))),
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
  @DisplayName("what follows from arguments that are not finite is no mistake of the plugin")
  void diverged() {
    float[] gradient = new float[3000];
    gradient[7] = Float.NaN;

    updated(Float.POSITIVE_INFINITY, gradient);
    scored(gradient);
    filled(Float.NaN, 0, gradient);
  }

  static Stream<Arguments> descriptors() {
    List<ParameterDescriptor> two =
        List.of(
            new ParameterDescriptor.Quantity("rate", 0.5, 0, 1, "A rate."),
            new ParameterDescriptor.Quantity("rate", 0.1, 0, 1, "A rate."));
    return Stream.of(
        described("descriptor returned null", () -> null),
        described("a pruner's name must match", () -> descriptor(null, "Fails.", List.of())),
        described("found \"\"", () -> descriptor("", "Fails.", List.of())),
        described("needs a description", () -> descriptor("faulty", null, List.of())),
        described("needs a description", () -> descriptor("faulty", " ", List.of())),
        described("pruner faulty has null for its", () -> descriptor("faulty", "Fails.", null)),
        described(
            "parameter 1 of pruner faulty is null",
            () -> descriptor("faulty", "Fails.", Collections.singletonList(null))),
        described(
            "pruner faulty has two parameters named \"rate\"",
            () -> descriptor("faulty", "Fails.", two)),
        described(
            "a parameter's name must match [a-z][a-z0-9_]{0,63}, found \" \"",
            () -> parameter(" ", 1.0, "A rate.")),
        described(
            "a parameter's name must match [a-z][a-z0-9_]{0,63}, found null",
            () -> parameter(null, 1.0, "A rate.")),
        described("parameter rate needs a default", () -> parameter("rate", null, "A rate.")),
        described("parameter rate needs a description", () -> parameter("rate", 1.0, null)),
        described("must be words, found null", () -> choice(null)),
        described("must be words, found [a, null]", () -> choice(Arrays.asList("a", null))),
        described("must be words, found [a,  ]", () -> choice(List.of("a", " "))),
        described("must be different, found [a, a]", () -> choice(List.of("a", "a"))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("descriptors")
  @DisplayName("a descriptor with something missing names the class and what is missing")
  void incomplete(String told, Supplier<PrunerDescriptor> describes) {
    assertThatThrownBy(() -> new PrunerCatalog(List.of(new FaultyPlugins.Described(describes))))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> assertThat(e.problems().get(0).kind()).isEqualTo(ProblemKind.PLUGIN))
        .hasMessageContaining("FaultyPlugins$Described in " + HERE + " cannot be described: ")
        .hasMessageContaining(told)
        .hasMessageNotContaining("NullPointerException");
  }

  @Test
  @DisplayName("what a plugin changes of the process is set back, and told once")
  void surroundings() {
    Locale locale = Locale.getDefault();
    TimeZone zone = TimeZone.getDefault();
    PrintStream out = System.out;
    List<String> told = new ArrayList<>();
    PluginCode code =
        new PluginCode("pruner \"faulty\"", "Faulty", "a.jar", new Surroundings(told::add));
    try (PrintStream another = new PrintStream(OutputStream.nullOutputStream())) {
      for (int i = 0; i < 2; i++) {
        code.run(
            this,
            "update",
            () -> {
              Thread.currentThread().interrupt();
              Locale.setDefault(Locale.forLanguageTag("tr-TR"));
              TimeZone.setDefault(TimeZone.getTimeZone("Pacific/Apia"));
              System.setOut(another);
            });
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
        assertThat(Locale.getDefault()).isEqualTo(locale);
        assertThat(TimeZone.getDefault()).isEqualTo(zone);
        assertThat(System.out).isSameAs(out);
      }
    }

    assertThat(told)
        .hasSize(4)
        .allMatch(
            sentence ->
                sentence.startsWith(
                    "a.jar: " + getClass().getName() + ".update of pruner \"faulty\" "))
        .anyMatch(sentence -> sentence.contains("left the thread interrupted"))
        .anyMatch(sentence -> sentence.contains("changed the default locale"))
        .anyMatch(sentence -> sentence.contains("changed the default time zone"))
        .anyMatch(sentence -> sentence.contains("replaced System.out"));
  }

  @Test
  @DisplayName("a thread that was interrupted before stays so, and nobody is blamed")
  void interruptedBefore() {
    List<String> told = new ArrayList<>();
    PluginCode code = new PluginCode("pruner", "Faulty", "a.jar", new Surroundings(told::add));
    Thread.currentThread().interrupt();

    code.run(this, "update", PluginMistakesTest::sound);

    assertThat(Thread.interrupted()).isTrue();
    assertThat(told).isEmpty();
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
    assertThat(((FromPlugin) byGradient(List.of("mean"))).plugin())
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
    assertThatThrownBy(() -> ((ConstantPruner) own).mask(STEP, new float[1], new float[1]))
        .isInstanceOf(UnsupportedOperationException.class);
  }

  private static void filled(float value, int at, float[] weights) {
    ((WeightPruner) pruner(() -> (WeightPruner) (step, given, into) -> into[at] = value))
        .importance(STEP, weights, new float[weights.length]);
  }

  private static GradientPruner byGradient(List<String> names) {
    return (GradientPruner)
        pruner(() -> new FaultyPlugins.ByGradient(PluginMistakesTest::sound, names));
  }

  private static void updated(float value, float[] gradient) {
    ((GradientPruner)
            pruner(() -> (GradientPruner) (step, g, weights, kept) -> kept[0][1500] = value))
        .update(STEP, gradient, new float[3000], new float[1][3000]);
  }

  /** The gradient may be written where it is read. */
  private static void scored(float[] gradient) {
    ScorePruner pruner =
        new ScorePruner() {
          @Override
          public void scoreGradient(
              Step step, float[] m, float[] scores, float[] mask, float[] into) {
            into[2] = Float.NaN;
          }
        };
    ((ScorePruner) pruner(() -> pruner))
        .scoreGradient(
            STEP, gradient, new float[gradient.length], new float[gradient.length], gradient);
  }

  private static void startingPoints() {
    TuningStrategy strategy =
        new TuningStrategy() {
          @Override
          public Optional<Proposal> next(SearchSpace space, List<Observation> history, long seed) {
            return Optional.empty();
          }

          @Override
          public Set<Integer> startingPoints(SearchSpace space, List<Observation> history) {
            return Collections.singleton(null);
          }
        };
    Set<Integer> unused = strategy(() -> strategy).startingPoints(SPACE, List.of());
  }

  private static ClassificationMetric infinite() {
    return (ClassificationMetric) metrics(new FaultyPlugins.Infinite()).get(0);
  }

  private static Arguments described(String told, Supplier<PrunerDescriptor> describes) {
    return Arguments.of(told, describes);
  }

  private static PrunerDescriptor descriptor(
      @Nullable String name,
      @Nullable String description,
      @Nullable List<ParameterDescriptor> parameters) {
    return new PrunerDescriptor(name, description, "None.", parameters);
  }

  private static PrunerDescriptor parameter(
      @Nullable String name, @Nullable Double value, @Nullable String description) {
    return descriptor(
        "faulty",
        "Fails.",
        List.of(new ParameterDescriptor.Quantity(name, value, 0, 1, description)));
  }

  private static PrunerDescriptor choice(@Nullable List<String> options) {
    return descriptor(
        "faulty",
        "Fails.",
        List.of(new ParameterDescriptor.Choice("kind", "a", options, "A kind.")));
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
    pruner.initializeScores(STEP, (function, out) -> {}, new float[2]);
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
