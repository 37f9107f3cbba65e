package dev.espalier.tuner.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.pruning.ParameterDescriptor;
import dev.espalier.api.pruning.ParameterValues;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.PrunerDescriptor;
import dev.espalier.api.pruning.PrunerProvider;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PrunerCatalogTest {
  private static final Location HERE = new Location("x.yaml", 3, 4);

  @Test
  void an_unknown_name_lists_what_exists_and_says_how_to_add_one() {
    PrunerCatalog catalog = new PrunerCatalog(List.of(named("movement"), named("magnitude")));

    assertThatThrownBy(() -> catalog.create("magnitud", Map.of(), HERE))
        .isInstanceOf(ProblemException.class)
        .hasMessage(
            "x.yaml:3:4: prune_type: there is no pruner \"magnitud\"; there is magnitude, movement"
                + System.lineSeparator()
                + "  Maybe \"magnitude\" is meant; a pruner of your own needs its provider's class"
                + " name in the file META-INF/services/dev.espalier.api.pruning.PrunerProvider of a"
                + " jar on the class path.");
  }

  @Test
  void an_empty_catalog_says_so() {
    assertThatThrownBy(() -> new PrunerCatalog(List.of()).create("x", Map.of(), null))
        .hasMessageStartingWith("prune_type: there is no pruner \"x\"; there is none at all")
        .hasMessageContaining("A pruner of your own needs");
  }

  @Test
  void two_pruners_of_one_name_are_named_with_their_jars() {
    assertThatThrownBy(() -> new PrunerCatalog(List.of(named("same"), named("same"))))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("two pruners are named \"same\"")
        .hasMessageContaining(Named.class.getName() + " in file:")
        .hasMessageContaining("and " + Named.class.getName() + " in file:");
  }

  @Test
  void wrong_parameters_are_a_problem_with_a_place() {
    PrunerCatalog catalog = new PrunerCatalog(List.of(named("movement")));

    assertThatThrownBy(() -> catalog.create("movement", Map.of("scale", 9.0), HERE))
        .isInstanceOf(ProblemException.class)
        .hasMessage("x.yaml:3:4: pruner movement: scale must lie in [0.0, 2.0], found 9.0");
  }

  @Test
  void descriptors_come_in_the_order_of_their_names() {
    assertThat(new PrunerCatalog(List.of(named("b"), named("a"))).descriptors())
        .extracting(PrunerDescriptor::name)
        .containsExactly("a", "b");
  }

  @Test
  void a_broken_plugin_is_an_environment_problem(@TempDir Path folder) throws IOException {
    Path services = folder.resolve("META-INF/services");
    Files.createDirectories(services);
    Files.writeString(services.resolve(PrunerProvider.class.getName()), "no.such.Provider\n");
    URL[] urls = {folder.toUri().toURL()};
    try (URLClassLoader loader = new URLClassLoader(urls, getClass().getClassLoader())) {
      assertThatThrownBy(() -> new PrunerCatalog(loader))
          .isInstanceOf(ProblemException.class)
          .hasMessageContaining("a pruner plugin cannot be loaded")
          .hasMessageContaining("no.such.Provider");
    }
  }

  private static PrunerProvider named(String name) {
    return new Named(name);
  }

  private record Named(String name) implements PrunerProvider {
    @Override
    public PrunerDescriptor descriptor() {
      return new PrunerDescriptor(
          name, "A test.", "a test", List.of(new ParameterDescriptor("scale", 1, 0, 2, "Scale.")));
    }

    @Override
    public Pruner create(ParameterValues parameters) {
      throw new UnsupportedOperationException();
    }
  }
}
