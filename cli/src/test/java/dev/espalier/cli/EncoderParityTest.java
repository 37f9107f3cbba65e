package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.espalier.api.data.Batch;
import dev.espalier.api.data.EncodedExample;
import dev.espalier.core.data.TaskSource.Request;
import dev.espalier.core.model.PretrainedModel;
import dev.espalier.djl.BertModel;
import dev.espalier.onnxruntime.bert.ClasspathModels;
import dev.espalier.tasks.TaskLoader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.LongBuffer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Our encoder against ONNX Runtime on the file that the weights were read from. */
class EncoderParityTest {
  private static final long SEED = 3;

  @Test
  @DisplayName("hidden states of 32 sentences of mixed length differ by less than 1e-4")
  void sameHiddenStates() throws OrtException, IOException {
    PretrainedModel model = new ClasspathModels().load("all-minilm-l6-v2");
    List<EncodedExample> sentences =
        new TaskLoader()
            .load(
                new Request("sentiment-twin", null, null, 32, 32, 128, SEED), model.tokenizerJson())
            .train()
            .examples();
    Batch batch = Batch.of(sentences);
    assertThat(sentences.stream().map(EncodedExample::length).distinct().count())
        .as("lengths are mixed, so that padding matters")
        .isGreaterThan(3);

    float[] ours;
    try (BertModel encoder = BertModel.load(model.weights())) {
      ours = encoder.hiddenStates(batch);
    }
    float[] theirs = originalHiddenStates(batch);

    assertThat(ours).hasSameSizeAs(theirs);
    int hidden = model.weights().bert().hiddenSize();
    float largest = 0;
    for (int i = 0; i < ours.length; i++) {
      if (batch.attentionMask()[i / hidden] == 1) {
        largest = Math.max(largest, Math.abs(ours[i] - theirs[i]));
      }
    }
    assertThat(largest).as("largest difference, seed %d", SEED).isLessThan(1e-4f);
  }

  private static float[] originalHiddenStates(Batch batch) throws OrtException, IOException {
    byte[] original;
    try (InputStream in = EncoderParityTest.class.getResourceAsStream("/all-minilm-l6-v2.onnx")) {
      original = in.readAllBytes();
    }
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession session = environment.createSession(original);
        OnnxTensor ids = tensor(environment, batch, batch.inputIds());
        OnnxTensor mask = tensor(environment, batch, batch.attentionMask());
        OnnxTensor types = tensor(environment, batch, batch.tokenTypeIds());
        OrtSession.Result result =
            session.run(
                Map.of("input_ids", ids, "attention_mask", mask, "token_type_ids", types))) {
      OnnxTensor output = (OnnxTensor) result.get(0);
      float[] values = new float[(int) output.getInfo().getNumElements()];
      output.getFloatBuffer().get(values);
      return values;
    }
  }

  private static OnnxTensor tensor(OrtEnvironment environment, Batch batch, long[] values)
      throws OrtException {
    return OnnxTensor.createTensor(
        environment, LongBuffer.wrap(values), new long[] {batch.rows(), batch.columns()});
  }
}
