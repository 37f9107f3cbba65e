package dev.espalier.djl;

import dev.espalier.api.pruning.ParameterValues;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.PrunerProvider;
import java.util.Map;
import java.util.ServiceLoader;

/** Built-in pruners for tests. */
final class Pruners {
  private Pruners() {}

  static Pruner named(String name, Map<String, ?> parameters) {
    PrunerProvider provider =
        ServiceLoader.load(PrunerProvider.class).stream()
            .map(ServiceLoader.Provider::get)
            .filter(p -> p.descriptor().name().equals(name))
            .findFirst()
            .orElseThrow();
    return provider.create(ParameterValues.of(provider.descriptor(), parameters));
  }
}
