package dev.espalier.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.GradientCollector;
import dev.espalier.api.data.Batch;
import dev.espalier.api.data.EncodedExample;
import dev.espalier.api.data.Head;
import dev.espalier.api.data.Target;
import dev.espalier.core.model.TransformerWeights;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the backward pass computes, against finite differences and against the garbage collector.
 */
class GradientTest {
  private static final long SEED = 20_261_123;

  private final Batch batch = Batch.of(RandomBert.parity(6, SEED).examples());

  @Test
  @DisplayName("every parameter's gradient agrees with central differences in double precision")
  void finiteDifferences() {
    // A deviation of 0.3 gives activations that bend every non-linearity.
    TransformerWeights weights = RandomBert.withHead(SEED, 0.3);
    SplittableRandom random = new SplittableRandom(SEED);
    compareWithDifferences(weights, batch, random);
  }

  private void compareWithDifferences(
      TransformerWeights weights, Batch batch, SplittableRandom random) {
    double step = 1e-5;
    try (BertModel model = new BertModel(weights, DataType.FLOAT64)) {
      Map<String, double[]> gradients = gradients(model, weights, batch, () -> {});
      weights
          .tensors()
          .forEach(
              (name, tensor) -> {
                var values = model.parameter(name).toByteBuffer(true).asDoubleBuffer();
                for (int sample = 0; sample < 5; sample++) {
                  int i = random.nextInt(tensor.values().length);
                  double value = values.get(i);
                  values.put(i, value + step);
                  double above = loss(model, batch);
                  values.put(i, value - step);
                  double below = loss(model, batch);
                  values.put(i, value);
                  assertThat(gradients.get(name)[i])
                      .as("seed %d, %s[%d]", SEED, name, i)
                      .isCloseTo((above - below) / (2 * step), within(1e-9));
                }
              });
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"regression", "spans"})
  @DisplayName("so does every gradient of the other heads")
  void finiteDifferencesOfOtherHeads(String kind) {
    Head head = kind.equals("spans") ? new Head.Spans() : new Head.Regression();
    TransformerWeights weights = RandomBert.withHead(head, SEED, 0.3);
    SplittableRandom random = new SplittableRandom(SEED);
    List<EncodedExample> examples = new ArrayList<>();
    for (EncodedExample each : RandomBert.parity(6, SEED).examples()) {
      // a span may begin beyond the padded batch: it is ignored
      Target target =
          kind.equals("spans")
              ? new Target.Span(examples.size() == 2 ? 99 : random.nextInt(3), each.length() - 1)
              : new Target.Value(random.nextDouble());
      examples.add(new EncodedExample(each.inputIds(), each.tokenTypeIds(), target));
    }
    compareWithDifferences(weights, Batch.of(examples), random);
  }

  @Test
  @DisplayName("gradients are the same when garbage is collected between forward and backward")
  void garbageCollection() {
    TransformerWeights weights = RandomBert.withHead(SEED, 0.3);
    try (BertModel model = new BertModel(weights, DataType.FLOAT32)) {
      Map<String, double[]> undisturbed = gradients(model, weights, batch, () -> {});
      for (int round = 0; round < 20; round++) {
        Map<String, double[]> disturbed =
            gradients(model, weights, batch, GradientTest::reuseFreedNativeMemory);
        undisturbed.forEach(
            (name, expected) -> assertThat(disturbed.get(name)).as(name).isEqualTo(expected));
      }
    }
  }

  /** Frees every unreachable direct buffer, and fills memory of their sizes with NaN. */
  private static void reuseFreedNativeMemory() {
    System.gc();
    List<ByteBuffer> fillers = new ArrayList<>();
    for (int size : new int[] {4, 8, 16, 64, 256, 1024}) {
      for (int i = 0; i < 200; i++) {
        ByteBuffer filler = ByteBuffer.allocateDirect(size);
        while (filler.hasRemaining()) {
          filler.put((byte) 0xff);
        }
        fillers.add(filler);
      }
    }
    assertThat(fillers).isNotEmpty();
  }

  private double loss(BertModel model, Batch batch) {
    try (NDManager arrays = model.manager().newSubManager()) {
      NDArray logits =
          model.answer(BatchArrays.of(batch, arrays, DataType.FLOAT64), false).output();
      return Losses.of(logits, batch.targets(), arrays).toDoubleArray()[0];
    }
  }

  private Map<String, double[]> gradients(
      BertModel model,
      TransformerWeights weights,
      Batch batch,
      Runnable betweenForwardAndBackward) {
    DataType type = model.parameter(weights.tensors().firstKey()).getDataType();
    Map<String, double[]> gradients = new TreeMap<>();
    weights.tensors().keySet().forEach(name -> model.parameter(name).setRequiresGradient(true));
    try (NDManager arrays = model.manager().newSubManager();
        GradientCollector collector = Torch.engine().newGradientCollector()) {
      NDArray logits = model.answer(BatchArrays.of(batch, arrays, type), false).output();
      NDArray loss = Losses.of(logits, batch.targets(), arrays);
      betweenForwardAndBackward.run();
      collector.backward(loss);
    }
    for (String name : weights.tensors().keySet()) {
      NDArray leaf = model.parameter(name);
      try (NDArray gradient = leaf.getGradient();
          NDArray wide = gradient.toType(DataType.FLOAT64, true)) {
        gradients.put(name, wide.toDoubleArray());
        ByteBuffer memory = gradient.toByteBuffer(true); // cleared, so that rounds do not add up
        memory.put(new byte[memory.remaining()]);
      }
    }
    return gradients;
  }
}
