package dev.espalier.tuner.strategy;

import dev.espalier.testkit.StrategyContract;
import org.junit.jupiter.api.Nested;

/** The built-in strategies keep what every strategy promises. */
final class StrategyContractsTest {
  @Nested
  final class OfAsha extends StrategyContract {
    OfAsha() {
      super("asha");
    }
  }

  @Nested
  final class OfBasic extends StrategyContract {
    OfBasic() {
      super("basic");
    }
  }

  @Nested
  final class OfBayesian extends StrategyContract {
    OfBayesian() {
      super("bayesian");
    }
  }

  @Nested
  final class OfExhaustive extends StrategyContract {
    OfExhaustive() {
      super("exhaustive");
    }
  }

  @Nested
  final class OfRandom extends StrategyContract {
    OfRandom() {
      super("random");
    }
  }

  @Nested
  final class OfSparsest extends StrategyContract {
    OfSparsest() {
      super("sparsest");
    }
  }

  @Nested
  final class OfTpe extends StrategyContract {
    OfTpe() {
      super("tpe");
    }
  }
}
