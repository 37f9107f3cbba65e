package dev.espalier.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import dev.espalier.api.data.Batch;
import dev.espalier.api.data.Batching;
import dev.espalier.api.data.EncodedExample;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.data.Head;
import dev.espalier.api.data.Target;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.run.RunEvent;
import dev.espalier.api.run.RunListener;
import dev.espalier.checkpoints.SafeTensorsStore;
import dev.espalier.core.model.PretrainedModel;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.core.training.Distillation;
import dev.espalier.core.training.FinePruner;
import dev.espalier.core.training.FinePruner.Checkpointing;
import dev.espalier.core.training.StopSignal;
import dev.espalier.core.training.Stopped;
import dev.espalier.core.training.TrainingPlan;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a student learns from its teacher. */
class DistillationTest {
  private static final long SEED = 20_261_125;
  private static final double DIGITS = 1e-12;

  @TempDir Path directory;

  @Test
  @DisplayName("answers of classes: T² KL, by hand")
  void classes() {
    // T = 2, shares 3/4 and 1/4 against 1/2 and 1/2: 4 (3/4 ln 3/2 + 1/4 ln 1/2) = 0.523248...
    double byHand = 4 * (0.75 * Math.log(1.5) + 0.25 * Math.log(0.5));
    float[][] teacher = {{2 * (float) Math.log(3), 0}, {1, 1}};
    Batch batch = batch(new Target.Label(0), new Target.Label(1));

    double distance =
        value(
            arrays ->
                DistillationLoss.ofAnswers(
                    array(arrays, new Shape(2, 2), 7, 7, -1, -1), teacher, batch, 2, arrays));

    // The second row agrees, so that the mean over the rows is half of the first.
    assertThat(distance).isCloseTo(byHand / 2, within(1e-7));
  }

  @Test
  @DisplayName("answers of spans: the mean of start and end, and padding counts for nothing")
  void spans() {
    Target span = new Target.Span(0, 1);
    Batch batch =
        Batch.of(
            List.of(
                new EncodedExample(new int[2], new int[2], span),
                new EncodedExample(new int[3], new int[3], span)));
    float log3 = (float) Math.log(3);
    // Pairs of start and end; the first example has two tokens and a third that is padding.
    float[][] teacher = {{log3, 0, 0, 0}, {0, 0, 0, 0, 0, 0}};
    double start = 0.75 * Math.log(1.5) + 0.25 * Math.log(0.5);

    double distance =
        value(
            arrays ->
                DistillationLoss.ofAnswers(
                    array(arrays, new Shape(2, 3, 2), 1, 4, 1, 4, 50, 50, 2, 3, 2, 3, 2, 3),
                    teacher,
                    batch,
                    1,
                    arrays));

    // One of two rows, start alone: a half of a half.
    assertThat(distance).isCloseTo(start / 4, within(1e-7));
  }

  @Test
  @DisplayName("answers that are numbers: the squared difference")
  void numbers() {
    Batch batch = batch(new Target.Value(9), new Target.Value(9));

    double distance =
        value(
            arrays ->
                DistillationLoss.ofAnswers(
                    array(arrays, new Shape(2, 1), 1, 2),
                    new float[][] {{3}, {2}},
                    batch,
                    5,
                    arrays));

    assertThat(distance).isCloseTo((4.0 + 0.0) / 2, within(DIGITS));
  }

  @Test
  @DisplayName("hidden states: the mean square over layers, tokens and width, without padding")
  void hiddenStates() {
    Batch batch =
        Batch.of(
            List.of(
                new EncodedExample(new int[1], new int[1], new Target.Label(0)),
                new EncodedExample(new int[2], new int[2], new Target.Label(0))));
    Shape shape = new Shape(2, 2, 1);

    double distance =
        value(
            arrays ->
                DistillationLoss.ofHiddenStates(
                    List.of(array(arrays, shape, 1, 99, 2, 3), array(arrays, shape, 0, 99, 0, 0)),
                    List.of(array(arrays, shape, 0, 0, 0, 0), array(arrays, shape, 0, 0, 0, 6)),
                    batch,
                    arrays));

    assertThat(distance).isCloseTo((1 + 4 + 9 + 36) / 6.0, within(DIGITS));
  }

  @ParameterizedTest(name = "layer {0} of {1} learns from layer {3} of {2}")
  @CsvSource({
    "0, 2, 2, 0",
    "1, 2, 2, 1", // as many: each from its own
    "0, 6, 12, 1",
    "5, 6, 12, 11", // half as many: from every second
    "0, 3, 4, 0",
    "1, 3, 4, 2",
    "2, 3, 4, 3", // the last always from the last
  })
  void layers(int layer, int students, int teachers, int expected) {
    assertThat(DistillationLoss.layerOfTeacher(layer, students, teachers)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"classes", "numbers", "spans"})
  @DisplayName("gradients agree with central differences in double precision")
  void gradients(String kind) {
    Head head =
        switch (kind) {
          case "classes" -> new Head.Classification(List.of("even", "odd"));
          case "numbers" -> new Head.Regression();
          default -> new Head.Spans();
        };
    EncodedSet set = targets(RandomBert.parity(6, SEED), head);
    Distillation all =
        new Distillation("it", RandomBert.withHead(head, SEED + 1, 0.3), "one", 2, 0.7, 0.2, 0.5);
    TransformerWeights weights = RandomBert.withHead(head, SEED, 0.3);
    int[] indices = IntStream.range(0, set.size()).toArray();
    Batch batch = Batching.pad(set, indices);
    double step = 1e-5;
    SplittableRandom random = new SplittableRandom(SEED);
    try (BertModel student = new BertModel(weights, DataType.FLOAT64);
        TrainingLoss loss = new TrainingLoss(all, new TeacherAnswers(all, set))) {
      Map<String, double[]> gradients = new TreeMap<>();
      weights.tensors().keySet().forEach(n -> student.parameter(n).setRequiresGradient(true));
      try (NDManager arrays = student.manager().newSubManager();
          GradientCollector collector = Torch.engine().newGradientCollector()) {
        collector.backward(loss.of(student, batch, indices, false, arrays));
      }
      for (String name : weights.tensors().keySet()) {
        gradients.put(name, student.parameter(name).getGradient().toDoubleArray());
      }
      for (String name : weights.tensors().keySet()) {
        var values = student.parameter(name).toByteBuffer(true).asDoubleBuffer();
        for (int sample = 0; sample < 4; sample++) {
          int i = random.nextInt(values.capacity());
          double middle = values.get(i);
          values.put(i, middle + step);
          double above = value(student, loss, batch, indices);
          values.put(i, middle - step);
          double below = value(student, loss, batch, indices);
          values.put(i, middle);
          assertThat(gradients.get(name)[i])
              .as("seed %d, %s[%d]", SEED, name, i)
              .isCloseTo((above - below) / (2 * step), within(1e-8));
        }
      }
    }
  }

  @Test
  @DisplayName("without weight on the true answers a student becomes its teacher, wrong as that is")
  void learnsFromTheTeacher() {
    EncodedSet truth = RandomBert.parity(400, SEED);
    List<EncodedExample> flipped = new ArrayList<>();
    for (EncodedExample each : truth.examples()) {
      flipped.add(new EncodedExample(each.inputIds(), each.tokenTypeIds(), 1 - each.label()));
    }
    TransformerWeights teacher = train(truth.with(flipped), null, null, 300).weights();
    TransformerWeights taught = train(truth, distillation(teacher, 1, 0, 0), null, 300).weights();
    TransformerWeights both = train(truth, distillation(teacher, 0, 1, 0), null, 300).weights();

    assertThat(accuracy(teacher, truth)).isLessThan(0.3);
    assertThat(accuracy(taught, truth)).isLessThan(0.3);
    assertThat(accuracy(both, truth)).isGreaterThan(0.7);
  }

  @ParameterizedTest
  @CsvSource({"1, 0.1, 0", "0.5, 0.5, 1"})
  @DisplayName(
      "cut off at a random step, it goes on to the last bit, also with other answers known")
  void goesOn(double alphaDistil, double alphaCe, double hidden) {
    EncodedSet set = RandomBert.parity(200, SEED);
    Distillation teacher =
        distillation(RandomBert.withHead(SEED + 1, 0.3), alphaDistil, alphaCe, hidden);
    TransformerWeights whole = train(set, teacher, null, 40).weights();
    Checkpointing kept = new Checkpointing(directory.resolve("state"), 6);
    long cut = 1L + new SplittableRandom(SEED).nextInt(38);

    assertThatThrownBy(() -> train(set, teacher, kept, 40, cut)).isInstanceOf(Stopped.class);
    TransformerWeights resumed = train(set, teacher, kept, 40).weights();

    whole
        .tensors()
        .forEach(
            (name, tensor) ->
                assertThat(resumed.get(name).values())
                    .as("seed %d, cut after %d, %s", SEED, cut, name)
                    .isEqualTo(tensor.values()));
  }

  @Test
  @DisplayName("the state of a training with another teacher is refused")
  void anotherTeacher() {
    EncodedSet set = RandomBert.parity(200, SEED);
    TransformerWeights teacher = RandomBert.withHead(SEED + 1, 0.3);
    Checkpointing kept = new Checkpointing(directory.resolve("state"), 6);
    assertThatThrownBy(() -> train(set, distillation(teacher, 1, 0, 0), kept, 40, 20))
        .isInstanceOf(Stopped.class);

    assertThatThrownBy(() -> train(set, distillation(teacher, 0.9, 0.1, 0), kept, 40))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("this is the state of another training")
        .hasMessageContaining("alpha_distil 0.9");
  }

  private static Distillation distillation(
      TransformerWeights teacher, double alphaDistil, double alphaCe, double hidden) {
    return new Distillation("teacher", teacher, "abc", 2, alphaDistil, alphaCe, hidden);
  }

  private FinePruner.Outcome train(
      EncodedSet set,
      @Nullable Distillation distillation,
      @Nullable Checkpointing kept,
      int steps) {
    return train(set, distillation, kept, steps, Long.MAX_VALUE);
  }

  private FinePruner.Outcome train(
      EncodedSet set,
      @Nullable Distillation distillation,
      @Nullable Checkpointing kept,
      int steps,
      long cut) {
    PretrainedModel model = RandomBert.pretrained(SEED);
    StopSignal stop = new StopSignal();
    RunListener listener =
        event -> {
          if (event instanceof RunEvent.StepDone done && done.step() >= cut) {
            stop.request();
          }
        };
    TrainingPlan plan = new TrainingPlan(steps, 16, 3e-3, 5e-2, 0.01, 4, 1, 1e-8, SEED, 1);
    return new DjlFinePruner(new SafeTensorsStore())
        .run(
            new FinePruner.Request(
                1, model, set, plan, null, directory.resolve("last-good"), kept, distillation),
            listener,
            stop);
  }

  private static double accuracy(TransformerWeights weights, EncodedSet set) {
    int right = 0;
    try (BertModel model = BertModel.load(weights)) {
      for (EncodedExample each : set.examples()) {
        float[] logits = model.logits(Batch.of(List.of(each)));
        right += (logits[1] > logits[0] ? 1 : 0) == each.label() ? 1 : 0;
      }
    }
    return (double) right / set.size();
  }

  private static EncodedSet targets(EncodedSet set, Head head) {
    List<EncodedExample> examples = new ArrayList<>();
    for (EncodedExample each : set.examples()) {
      Target target =
          head instanceof Head.Spans
              ? new Target.Span(1, each.length() - 1)
              : head instanceof Head.Regression
                  ? new Target.Value(each.label() + 0.5)
                  : each.target();
      examples.add(new EncodedExample(each.inputIds(), each.tokenTypeIds(), target));
    }
    return new EncodedSet(set.name(), set.source(), set.sha256(), head, examples);
  }

  private static Batch batch(Target... targets) {
    return Batch.of(
        Arrays.stream(targets)
            .map(target -> new EncodedExample(new int[1], new int[1], target))
            .toList());
  }

  private static double value(BertModel student, TrainingLoss loss, Batch batch, int[] indices) {
    try (NDManager arrays = student.manager().newSubManager()) {
      return loss.of(student, batch, indices, false, arrays).toDoubleArray()[0];
    }
  }

  private static double value(Function<NDManager, NDArray> loss) {
    try (NDManager arrays = Torch.newManager()) {
      return loss.apply(arrays).toDoubleArray()[0];
    }
  }

  private static NDArray array(NDManager arrays, Shape shape, double... values) {
    return NativeArrays.create(arrays, shape, DataType.FLOAT64, values);
  }
}
