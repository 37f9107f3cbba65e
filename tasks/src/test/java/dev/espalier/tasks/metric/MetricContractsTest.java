package dev.espalier.tasks.metric;

import dev.espalier.tasks.squad.SquadMetric;
import dev.espalier.testkit.MetricContract;
import org.junit.jupiter.api.Nested;

/** The built-in metrics keep what every metric promises. */
final class MetricContractsTest {
  @Nested
  final class OfAccuracy extends MetricContract {
    OfAccuracy() {
      super(Accuracy::new, 0, 1);
    }
  }

  @Nested
  final class OfF1 extends MetricContract {
    OfF1() {
      super(F1::new, 0, 1);
    }
  }

  @Nested
  final class OfMatthewsCorrelation extends MetricContract {
    OfMatthewsCorrelation() {
      super(MatthewsCorrelation::new, -1, 1);
    }
  }

  @Nested
  final class OfPearsonCorrelation extends MetricContract {
    OfPearsonCorrelation() {
      super(PearsonCorrelation::new, -1, 1);
    }
  }

  @Nested
  final class OfSpearmanCorrelation extends MetricContract {
    OfSpearmanCorrelation() {
      super(SpearmanCorrelation::new, -1, 1);
    }
  }

  /** One of SQuAD's, by its name. */
  private abstract static class OfSquad extends MetricContract {
    OfSquad(String name, double lowest, double highest) {
      super(
          () ->
              SquadMetric.ALL.stream()
                  .filter(metric -> metric.name().equals(name))
                  .findFirst()
                  .orElseThrow(),
          lowest,
          highest);
    }
  }

  @Nested
  final class OfSquadF1 extends OfSquad {
    OfSquadF1() {
      super("f1", 0, 1);
    }
  }

  @Nested
  final class OfSquadExact extends OfSquad {
    OfSquadExact() {
      super("exact", 0, 1);
    }
  }

  @Nested
  final class OfSquadAnswerableF1 extends OfSquad {
    OfSquadAnswerableF1() {
      super("has_ans_f1", 0, 1);
    }
  }

  @Nested
  final class OfSquadAnswerableExact extends OfSquad {
    OfSquadAnswerableExact() {
      super("has_ans_exact", 0, 1);
    }
  }

  @Nested
  final class OfSquadUnanswerableF1 extends OfSquad {
    OfSquadUnanswerableF1() {
      super("no_ans_f1", 0, 1);
    }
  }

  @Nested
  final class OfSquadUnanswerableExact extends OfSquad {
    OfSquadUnanswerableExact() {
      super("no_ans_exact", 0, 1);
    }
  }

  @Nested
  final class OfSquadBestF1 extends OfSquad {
    OfSquadBestF1() {
      super("best_f1", 0, 1);
    }
  }

  @Nested
  final class OfSquadBestExact extends OfSquad {
    OfSquadBestExact() {
      super("best_exact", 0, 1);
    }
  }

  /** A difference of logits, which can be anything. */
  @Nested
  final class OfSquadBestF1Threshold extends OfSquad {
    OfSquadBestF1Threshold() {
      super("best_f1_thresh", Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
    }
  }

  @Nested
  final class OfSquadBestExactThreshold extends OfSquad {
    OfSquadBestExactThreshold() {
      super("best_exact_thresh", Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
    }
  }
}
