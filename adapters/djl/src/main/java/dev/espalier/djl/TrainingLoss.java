package dev.espalier.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.espalier.api.data.Batch;
import dev.espalier.core.training.Distillation;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a training makes small: the loss of the true answers, and the distance to a teacher. */
final class TrainingLoss implements AutoCloseable {
  private final @Nullable Distillation distillation;
  private final @Nullable Network teacher;
  private final @Nullable TeacherAnswers answers;

  /**
   * @param distillation null for the true answers alone
   * @param answers the teacher's, to fill and to use; null without one
   */
  TrainingLoss(@Nullable Distillation distillation, @Nullable TeacherAnswers answers) {
    this.distillation = distillation;
    this.answers = answers;
    this.teacher =
        distillation == null || answers == null ? null : Network.of(distillation.weights());
  }

  /**
   * The loss of one batch.
   *
   * @param indices of the batch's examples in the training set
   * @param training whether the student drops out
   * @param arrays a manager that outlives the backward pass
   * @return a scalar
   */
  NDArray of(Network student, Batch batch, int[] indices, boolean training, NDManager arrays) {
    DataType type = student.type();
    BatchArrays inputs = BatchArrays.of(batch, arrays, type);
    Network.Answer answer = student.answer(inputs, training);
    NDArray output = answer.output();
    if (distillation == null || teacher == null || answers == null) {
      return Losses.of(output, batch.targets(), arrays);
    }
    NDArray sum = NativeArrays.create(arrays, new Shape(), type, new double[] {0});
    if (distillation.alphaCe() > 0) {
      NDArray loss = Losses.of(output, batch.targets(), arrays);
      sum = sum.add(weighted(loss, distillation.alphaCe(), arrays));
    }
    if (distillation.alphaDistil() > 0) {
      NDArray distance =
          DistillationLoss.ofAnswers(
              output, answers.of(teacher, indices), batch, distillation.temperature(), arrays);
      sum = sum.add(weighted(distance, distillation.alphaDistil(), arrays));
    }
    if (distillation.hiddenStates() > 0) {
      List<NDArray> taught =
          teacher.answer(BatchArrays.of(batch, arrays, teacher.type()), false).layers().stream()
              .map(states -> states.toType(type, false))
              .toList();
      NDArray distance = DistillationLoss.ofHiddenStates(answer.layers(), taught, batch, arrays);
      sum = sum.add(weighted(distance, distillation.hiddenStates(), arrays));
    }
    return sum;
  }

  private static NDArray weighted(NDArray loss, double weight, NDManager arrays) {
    return loss.mul(
        NativeArrays.create(arrays, new Shape(), loss.getDataType(), new double[] {weight}));
  }

  @Override
  public void close() {
    if (teacher != null) {
      teacher.close();
    }
  }
}
