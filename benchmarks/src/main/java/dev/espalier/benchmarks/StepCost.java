package dev.espalier.benchmarks;

import dev.espalier.api.data.EncodedExample;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.pruning.CubicSchedule;
import dev.espalier.api.pruning.PrunerProvider;
import dev.espalier.api.run.RunEvent;
import dev.espalier.checkpoints.SafeTensorsStore;
import dev.espalier.core.model.BertNames;
import dev.espalier.core.model.PretrainedModel;
import dev.espalier.core.training.FinePruner;
import dev.espalier.core.training.PruningPlan;
import dev.espalier.core.training.TrainingPlan;
import dev.espalier.djl.DjlFinePruner;
import dev.espalier.onnxruntime.bert.ClasspathModels;
import dev.espalier.tuner.plugin.PrunerCatalog;
import java.io.PrintStream;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * What a fine-pruning step costs over a dense fine-tuning step: MiniLM, batch 32, length 32, 2
 * threads.
 *
 * <p>The variants take turns, a few steps each; the first steps of a turn are not counted, because
 * they fill caches and reserve memory. A step is timed from the end of the one before to its own
 * end. Masks are at their final density all the time.
 */
public final class StepCost {
  private static final int BATCH = 32;
  private static final int LENGTH = 32;
  private static final int THREADS = 2;
  private static final int NOT_COUNTED = 5;
  private static final long SEED = 1;

  /** A way of training. */
  private record Variant(String name, @Nullable PruningPlan pruning) {}

  private StepCost() {}

  /**
   * Prints a table of medians and ratios.
   *
   * @param arguments rounds and counted steps per turn, 9 and 20 by default; and a pruner, for
   *     which what its guard as a plugin costs is measured instead
   */
  public static void main(String[] arguments) {
    int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 9;
    int steps = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 20;
    PrintStream out = System.out;
    PretrainedModel model = new ClasspathModels().load("all-minilm-l6-v2");
    EncodedSet data = randomTokens(BATCH * (steps + NOT_COUNTED));
    Ratios ratios = new Ratios();
    for (int round = 0; round < rounds; round++) {
      for (Variant variant :
          arguments.length > 2 ? guarded(model, arguments[2]) : variants(model)) {
        ratios.add(variant.name(), times(model, data, variant, steps));
      }
      out.printf("round %d of %d%n", round + 1, rounds);
    }
    out.printf(
        "%nMiniLM, batch %d, length %d, %d threads, %d rounds of %d steps, seed %d%n%s",
        BATCH, LENGTH, THREADS, rounds, steps, SEED, ratios.table());
  }

  private static List<Variant> variants(PretrainedModel model) {
    PrunerCatalog pruners = new PrunerCatalog(StepCost.class.getClassLoader());
    List<Variant> variants = new ArrayList<>();
    variants.add(new Variant("dense", null));
    for (String name : List.of("magnitude", "movement", "soft_movement", "l0")) {
      variants.add(new Variant(name, plan(name, pruners, model)));
    }
    return variants;
  }

  /** A pruner as it is, and the same behind the guard that a plugin's has. */
  private static List<Variant> guarded(PretrainedModel model, String name) {
    PrunerCatalog own = new PrunerCatalog(StepCost.class.getClassLoader());
    PrunerCatalog foreign =
        new PrunerCatalog(
            ServiceLoader.load(PrunerProvider.class).stream()
                .map(provider -> foreign(provider.get()))
                .toList());
    return List.of(
        new Variant(name, plan(name, own, model)),
        new Variant(name + " as a plugin", plan(name, foreign, model)));
  }

  /** The same provider with a class that is not Espalier's. */
  private static PrunerProvider foreign(PrunerProvider provider) {
    return (PrunerProvider)
        Proxy.newProxyInstance(
            StepCost.class.getClassLoader(),
            new Class<?>[] {PrunerProvider.class},
            (proxy, method, arguments) -> method.invoke(provider, arguments));
  }

  private static PruningPlan plan(String name, PrunerCatalog pruners, PretrainedModel model) {
    CubicSchedule density = new CubicSchedule(0.15, 0.15, 0, 1);
    CubicSchedule schedule =
        switch (name) {
          case "soft_movement" -> density.between(0.1, 0.1);
          case "l0" -> density.between(1, 1);
          default -> density;
        };
    return PruningPlan.weightByWeight(
        name,
        pruners.create(name, Map.of(), null),
        model.weights(),
        BertNames.encoderLinears(model.weights().bert().layers()).stream()
            .map(prefix -> prefix + ".weight")
            .toList(),
        schedule);
  }

  private static List<Double> times(
      PretrainedModel model, EncodedSet data, Variant variant, int steps) {
    TrainingPlan training =
        new TrainingPlan(steps + NOT_COUNTED, BATCH, 5e-5, 1e-2, 0, 1, 1, 1e-8, SEED, THREADS);
    List<Long> ends = new ArrayList<>();
    new DjlFinePruner(new SafeTensorsStore())
        .run(
            new FinePruner.Request(
                1, model, data, training, variant.pruning(), Path.of("last-good.safetensors")),
            event -> {
              if (event instanceof RunEvent.StepDone) {
                ends.add(System.nanoTime());
              }
            });
    List<Double> times = new ArrayList<>();
    for (int i = NOT_COUNTED; i < ends.size(); i++) {
      times.add((ends.get(i) - ends.get(i - 1)) / 1e6);
    }
    return times;
  }

  private static EncodedSet randomTokens(int examples) {
    SplittableRandom random = new SplittableRandom(SEED);
    List<EncodedExample> all = new ArrayList<>();
    for (int i = 0; i < examples; i++) {
      int[] tokens = random.ints(LENGTH, 1000, 30_000).toArray();
      all.add(new EncodedExample(tokens, new int[LENGTH], random.nextInt(2)));
    }
    return new EncodedSet("train", "random tokens", "none", List.of("0", "1"), all);
  }
}
