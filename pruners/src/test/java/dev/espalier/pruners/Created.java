package dev.espalier.pruners;

import dev.espalier.api.pruning.ParameterValues;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.PrunerProvider;
import dev.espalier.api.pruning.Step;
import dev.espalier.api.pruning.UnitWeights;
import dev.espalier.api.pruning.Units;
import java.util.Map;

/** Makes pruners as the engine does. */
final class Created {
  /** For pruners that do not start from the weights. */
  static final UnitWeights NO_WEIGHTS =
      (function, out) -> {
        throw new AssertionError("nobody asks for them");
      };

  /** For pruners that make nothing of the moment. */
  static final Step STEP = new Step(new Units("any", 1, 2), 0, 10, 1);

  private Created() {}

  /** With the parameters that are given, and the defaults of the others. */
  static <T extends Pruner> T by(PrunerProvider provider, Class<T> kind, Map<String, ?> given) {
    return kind.cast(provider.create(ParameterValues.of(provider.descriptor(), given)));
  }
}
