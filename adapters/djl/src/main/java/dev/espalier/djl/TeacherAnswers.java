package dev.espalier.djl;

import dev.espalier.api.data.Batch;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.core.training.Distillation;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a teacher answers to the examples of a training set, each asked once, when it is first
 * needed.
 *
 * <p>An example is asked by itself and not in its batch, so that an answer depends on the example
 * alone, to the last bit: a training that goes on, or a later trial, asks in another order.
 */
final class TeacherAnswers {
  private final String teacher;
  private final EncodedSet set;
  private final float @Nullable [][] answers;

  TeacherAnswers(Distillation distillation, EncodedSet set) {
    this.teacher = distillation.identity();
    this.set = set;
    this.answers = new float[set.size()][];
  }

  /** Whether these are the answers of this teacher to this set. */
  boolean belongTo(Distillation distillation, EncodedSet examples) {
    return teacher.equals(distillation.identity()) && set.equals(examples);
  }

  /**
   * The answers to some examples.
   *
   * @param model the teacher
   * @param indices of examples in the set
   * @return a row for each: classes, one number, or two for each token of the example
   */
  float[][] of(Network model, int[] indices) {
    float[][] rows = new float[indices.length][];
    for (int i = 0; i < indices.length; i++) {
      float[] known = answers[indices[i]];
      if (known == null) {
        known = model.logits(Batch.of(List.of(set.examples().get(indices[i]))));
        answers[indices[i]] = known;
      }
      rows[i] = known;
    }
    return rows;
  }
}
