package dev.espalier.tuner.run;

import dev.espalier.api.data.EncodedExample;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.data.Target;
import dev.espalier.config.Configuration;
import dev.espalier.config.Configuration.JudgedMetric;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.core.data.EvaluationSet;
import dev.espalier.core.data.TaskSource.TaskData;
import dev.espalier.core.model.BertArchitecture;
import dev.espalier.core.model.PretrainedModel;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.tuner.prepare.RunServices;
import dev.espalier.tuner.result.LossLimit;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The whole chain in less than a minute: a run on the model's first two layers, for a few steps, on
 * few examples. It shows that everything works together, and nothing about accuracy.
 */
public final class SmokeRun {
  private static final int LAYERS = 2;
  private static final int TRAIN_EXAMPLES = 1_000;
  private static final int EVALUATION_EXAMPLES = 100;

  private SmokeRun() {}

  /**
   * What a run's configuration needs on top to be a smoke test, in the form of {@code --set}.
   *
   * @param full the configuration of the full run
   */
  public static List<String> assignments(ResolvedConfiguration full) {
    String compression = "pruning.approach.weight_compression.";
    List<String> assignments = new ArrayList<>();
    List<JudgedMetric> metrics = full.configuration().evaluation().accuracy().multiMetrics();
    for (int i = 0; i < metrics.size(); i++) {
      if (metrics.get(i).relative() != null || metrics.get(i).absolute() != null) {
        String path = "evaluation.accuracy.multi_metrics[" + i + "].";
        assignments.add(path + "relative=null");
        assignments.add(path + "absolute=null");
      }
    }
    Configuration.Baseline baseline = full.configuration().tuning().baseline();
    if (baseline.metrics().isEmpty()) {
      // A checkpoint has all layers; the dense model of a smoke test is trained for a moment.
      assignments.add("tuning.baseline.checkpoint=null");
      assignments.add("tuning.baseline.epochs=null");
      assignments.add("tuning.baseline.max_steps=4");
    }
    assignments.addAll(
        List.of(
            "model.name=" + shortened(full.configuration().model().name()) + "-smoke",
            "pruning.train.max_steps=8",
            "pruning.train.warmup=2",
            compression + "initial_warmup=1",
            compression + "final_warmup=1",
            // Nothing is learnt in four steps, so any loss and any dense model is accepted.
            "tuning.accuracy_criterion.relative=null",
            "tuning.accuracy_criterion.absolute=" + LossLimit.ANY_LOSS,
            "tuning.baseline.allow_trivial=true",
            "evaluation.performance.warmup=1",
            "evaluation.performance.iteration=5"));
    return assignments;
  }

  /** So that name and suffix together are no longer than a name may be. */
  private static String shortened(String name) {
    return name.substring(0, Math.min(90, name.length()));
  }

  /** Services that see a small part of model and data. */
  public static RunServices services(RunServices full) {
    return new RunServices(
        reference -> firstLayers(full.models().load(reference)),
        (request, tokenizer) -> firstExamples(full.tasks().load(request, tokenizer)),
        full.finePruner(),
        full.checkpoints(),
        full.onnx(),
        full.scripts(),
        full.archives(),
        full.pruners(),
        full.strategies(),
        full.metrics(),
        full.libraryVersions());
  }

  private static PretrainedModel firstLayers(PretrainedModel model) {
    if (!(model.weights().architecture() instanceof BertArchitecture full)) {
      return model; // its program has all layers
    }
    int layers = Math.min(LAYERS, full.layers());
    SortedMap<String, Tensor> tensors = new TreeMap<>(model.weights().tensors());
    for (int layer = layers; layer < full.layers(); layer++) {
      String prefix = full.family().layer(layer);
      tensors.keySet().removeIf(name -> name.startsWith(prefix));
    }
    return model.with(new TransformerWeights(full.withLayers(layers), tensors));
  }

  private static TaskData firstExamples(TaskData data) {
    return new TaskData(
        varied(data.train(), TRAIN_EXAMPLES),
        data.ownCalibration(),
        data.evaluations().stream().map(SmokeRun::firstExamples).toList(),
        data.metrics(),
        data.notes());
  }

  /** A decoder of answers takes the first examples only. */
  private static EvaluationSet firstExamples(EvaluationSet full) {
    return full.decoder() == null
        ? new EvaluationSet(full.suffix(), varied(full.set(), EVALUATION_EXAMPLES), null)
        : full.first(EVALUATION_EXAMPLES);
  }

  /**
   * Examples from all of a set, which may be sorted by class: with one class, or one value, neither
   * training nor a correlation makes sense.
   */
  private static EncodedSet varied(EncodedSet full, int count) {
    int size = full.size();
    if (size <= count) {
      return full;
    }
    List<EncodedExample> all = full.examples();
    List<EncodedExample> some = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      some.add(all.get((int) ((long) i * size / count)));
    }
    Target first = some.get(0).target();
    if (some.stream().map(EncodedExample::target).allMatch(first::equals)) {
      all.stream()
          .filter(each -> !each.target().equals(first))
          .findFirst()
          .ifPresent(other -> some.set(count - 1, other));
    }
    return full.with(some);
  }
}
