package dev.espalier.tuner.run;

import dev.espalier.api.data.EncodedExample;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.data.Head;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.run.RunEvent;
import dev.espalier.config.Configuration;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.core.training.Distillation;
import dev.espalier.core.training.FinePruner;
import dev.espalier.core.training.TrainingPlan;
import dev.espalier.tuner.directory.Disk;
import dev.espalier.tuner.plan.Plan;
import dev.espalier.tuner.prepare.Preparation;
import dev.espalier.tuner.prepare.Preparation.Prepared;
import dev.espalier.tuner.prepare.RunServices;
import dev.espalier.tuner.prepare.Teacher;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All of a run's preparation and a few training steps, to see whether it would start and how long
 * it would take; nothing is kept.
 */
public final class DryRun {
  private static final Logger LOG = LoggerFactory.getLogger(DryRun.class);
  private static final int WARMUP_STEPS = 3;
  private static final int COUNTED_STEPS = 6;
  private static final Path PROCESS_STATUS = Path.of("/proc/self/status");
  private static final String PEAK = "VmHWM:";

  private final ResolvedConfiguration resolved;
  private final RunServices services;
  private final LongSupplier nanoTime;

  DryRun(ResolvedConfiguration resolved, RunServices services, LongSupplier nanoTime) {
    this.resolved = resolved;
    this.services = services;
    this.nanoTime = nanoTime;
  }

  /**
   * Loads model, tokenizer and data, resolves the plan, and trains for a moment.
   *
   * @return the plan and the estimates, for people
   * @throws ProblemException with what would have stopped the run
   */
  public static String of(ResolvedConfiguration resolved, RunServices services) {
    return new DryRun(resolved, services, System::nanoTime).rehearse();
  }

  String rehearse() {
    Path workspace = resolved.configuration().tuning().workspace().path();
    boolean existed = Files.exists(workspace);
    try {
      return estimates(
          new Preparation(
                  resolved,
                  services,
                  new Disk(),
                  resolved.configuration().tuning().workspace().path())
              .prepare());
    } finally {
      if (!existed) {
        deleteEmpty(workspace); // Made to see whether it can be.
      }
    }
  }

  private static void deleteEmpty(Path folder) {
    try {
      boolean ignored = Files.deleteIfExists(folder);
    } catch (IOException e) {
      LOG.debug("{} stays", folder, e);
    }
  }

  private String estimates(Prepared prepared) {
    Plan plan = prepared.plan();
    double secondsPerStep = secondsPerStep(prepared);
    trainOnLongest(prepared);
    TrainingPlan dense = plan.baseline();
    long steps = (dense == null ? 0 : dense.totalSteps()) + plan.training().totalSteps();
    List<String> lines = new ArrayList<>();
    lines.add(plan.table());
    lines.addAll(prepared.modelNotes());
    lines.add(
        String.format(
            Locale.ROOT,
            "A step took %.3f s, so training would take %s: %d steps%s. Export and measurement"
                + " come on top.",
            secondsPerStep,
            Durations.about(secondsPerStep * steps),
            steps,
            dense == null ? "" : ", the baseline's counted as long as the others"));
    lines.add(
        memory(peakBytes(PROCESS_STATUS))
            + " Java may use up to "
            + gigabytes(Runtime.getRuntime().maxMemory())
            + ".");
    lines.add("Nothing was written.");
    return String.join("\n", lines);
  }

  /** The mean over a few steps on ordinary batches, after some to warm up. */
  private double secondsPerStep(Prepared prepared) {
    List<Long> ends = new ArrayList<>();
    train(prepared, prepared.data().train(), WARMUP_STEPS + COUNTED_STEPS, ends);
    long counted = ends.get(ends.size() - 1) - ends.get(WARMUP_STEPS - 1);
    return counted / 1e9 / (ends.size() - WARMUP_STEPS);
  }

  /** One step on the batch that takes most memory. */
  private void trainOnLongest(Prepared prepared) {
    EncodedSet all = prepared.data().train();
    List<EncodedExample> longest =
        all.examples().stream()
            .sorted(Comparator.comparingInt(EncodedExample::length).reversed())
            .limit(prepared.plan().training().batchSize())
            .toList();
    train(prepared, all.with(longest), 1, new ArrayList<>());
  }

  private void train(Prepared prepared, EncodedSet set, int steps, List<Long> ends) {
    Path unused = resolved.configuration().tuning().workspace().path().resolve("dry-run");
    FinePruner.Request request =
        new FinePruner.Request(
            1,
            prepared.model(),
            set,
            shortened(prepared.plan().training(), steps),
            prepared.plan().pruning(),
            unused,
            null,
            distillation(prepared, set.head()));
    FinePruner.Outcome ignored =
        services
            .finePruner()
            .run(
                request,
                event -> {
                  if (event instanceof RunEvent.StepDone) {
                    ends.add(nanoTime.getAsLong());
                  }
                });
  }

  /** With a teacher that is not trained yet, its untrained weights: they take as long. */
  private static @Nullable Distillation distillation(Prepared prepared, Head head) {
    Configuration.Distillation asked = prepared.plan().distillation();
    return asked == null
        ? null
        : prepared
            .teacher()
            .orElseGet(() -> Teacher.untrained(prepared.model().weights(), head))
            .teaching(asked);
  }

  private static TrainingPlan shortened(TrainingPlan plan, int steps) {
    return new TrainingPlan(
        steps,
        plan.batchSize(),
        plan.learningRate(),
        plan.scoreLearningRate(),
        plan.weightDecay(),
        steps,
        plan.maxGradientNorm(),
        plan.adamEpsilon(),
        plan.seed(),
        plan.threads());
  }

  /**
   * The most memory that this process has had in use.
   *
   * @param status the file where Linux says it
   * @return empty on a system that does not say
   */
  static OptionalLong peakBytes(Path status) {
    if (!Files.isReadable(status)) {
      return OptionalLong.empty();
    }
    try {
      return Files.readAllLines(status).stream()
          .filter(line -> line.startsWith(PEAK))
          .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String memory(OptionalLong peak) {
    return peak.isPresent()
        ? "Memory reached "
            + gigabytes(peak.getAsLong())
            + " with a step on the longest batch; quantization and measurement take less."
        : "This system does not say how much memory a process took.";
  }

  private static String gigabytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f GB", bytes / 1e9);
  }
}
