package dev.espalier.tuner.plan;

import dev.espalier.config.Configuration;
import dev.espalier.config.Configuration.Columns;
import dev.espalier.config.Configuration.Data;
import dev.espalier.core.data.TaskSource;
import org.jspecify.annotations.Nullable;

/** What a configuration asks of a task. */
public final class DataRequest {
  private DataRequest() {}

  /** The request. */
  public static TaskSource.Request of(Configuration configuration) {
    Data data = configuration.data();
    Columns columns = data.columns();
    return new TaskSource.Request(
        data.task(),
        file(data.train(), data.trainPart()),
        file(data.calibration(), data.calibrationPart()),
        file(data.evaluation(), data.evaluationPart()),
        file(data.evaluationMismatched(), null),
        new TaskSource.Columns(
            columns.text(), columns.textPair(), columns.label(), columns.value()),
        data.labels(),
        data.trainExamples(),
        data.evaluationExamples(),
        data.maxSequenceLength(),
        new TaskSource.Questions(
            data.docStride(),
            data.maxQueryLength(),
            data.nBestSize(),
            data.maxAnswerLength(),
            data.nullScoreDiffThreshold()),
        configuration.tuning().randomSeed());
  }

  private static TaskSource.@Nullable DataFile file(
      @Nullable String reference, @Nullable String part) {
    return reference == null ? null : new TaskSource.DataFile(reference, part);
  }
}
