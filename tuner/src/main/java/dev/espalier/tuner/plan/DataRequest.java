package dev.espalier.tuner.plan;

import dev.espalier.tuner.config.Configuration;
import dev.espalier.tuner.config.Configuration.Columns;
import dev.espalier.tuner.config.Configuration.Data;
import dev.espalier.tuner.port.TaskSource;

/** What a configuration asks of a task. */
public final class DataRequest {
  private DataRequest() {}

  /** The request. */
  public static TaskSource.Request of(Configuration configuration) {
    Data data = configuration.data();
    Columns columns = data.columns();
    return new TaskSource.Request(
        data.task(),
        data.train(),
        data.evaluation(),
        data.evaluationMismatched(),
        data.trainPart(),
        data.evaluationPart(),
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
}
