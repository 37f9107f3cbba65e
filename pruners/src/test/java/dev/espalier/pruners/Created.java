package dev.espalier.pruners;

import dev.espalier.api.pruning.ParameterValues;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.PrunerProvider;
import java.util.Map;

/** Makes pruners as the engine does. */
final class Created {
  private Created() {}

  /** With the parameters that are given, and the defaults of the others. */
  static <T extends Pruner> T by(PrunerProvider provider, Class<T> kind, Map<String, ?> given) {
    return kind.cast(provider.create(ParameterValues.of(provider.descriptor(), given)));
  }
}
