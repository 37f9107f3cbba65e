package dev.espalier.tuner.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.pruning.ParameterValues;
import dev.espalier.api.pruning.Pruner;
import dev.espalier.api.pruning.PrunerDescriptor;
import dev.espalier.api.pruning.PrunerProvider;
import dev.espalier.tuner.fixture.TestPruner;
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
  private static final ClassLoader CLASS_PATH = PrunerCatalogTest.class.getClassLoader();
  private static final String HOME =
      TestPruner.class.getName() + " in " + Path.of("target/test-classes").toAbsolutePath();

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
                + " jar in the folder that --plugins names.");
  }

  @Test
  void an_empty_catalog_says_so() {
    assertThatThrownBy(() -> new PrunerCatalog(List.of()).create("x", Map.of(), null))
        .hasMessageStartingWith("there is no pruner \"x\"; there is none at all")
        .hasMessageContaining("A pruner of your own needs");
  }

  @Test
  void two_pruners_of_one_name_are_named_with_their_jars() {
    assertThatThrownBy(() -> new PrunerCatalog(List.of(named("same"), named("same"))))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining(
            "two pruners are named \"same\": " + HOME + " and " + HOME + System.lineSeparator());
  }

  @Test
  void a_pruner_says_where_it_comes_from() {
    assertThat(new PrunerCatalog(List.of(named("movement"))).origin("movement")).isEqualTo(HOME);
  }

  @Test
  void wrong_parameters_are_a_problem_with_a_place() {
    PrunerCatalog catalog = new PrunerCatalog(List.of(named("movement")));

    assertThatThrownBy(() -> catalog.create("movement", Map.of("scale", 9.0), HERE))
        .isInstanceOf(ProblemException.class)
        .hasMessage("x.yaml:3:4: pruner movement: scale must be a number in [0, 2], found 9.0");
  }

  @Test
  void descriptors_come_in_the_order_of_their_names() {
    assertThat(new PrunerCatalog(List.of(named("b"), named("a"))).descriptors())
        .extracting(PrunerDescriptor::name)
        .containsExactly("a", "b");
  }

  @Test
  void a_broken_class_path_is_a_problem_of_the_plugin(@TempDir Path folder) throws IOException {
    try (URLClassLoader loader = announcing("no.such.Provider", folder)) {
      assertThatThrownBy(() -> new PrunerCatalog(loader))
          .isInstanceOfSatisfying(
              ProblemException.class, problem -> assertThat(problem.exitCode()).isEqualTo(4))
          .hasMessageStartingWith("a pruner plugin cannot be loaded")
          .hasMessageContaining("no.such.Provider");
    }
  }

  @Test
  void a_broken_plugin_is_a_problem_of_the_plugin_that_names_its_file(@TempDir Path folder)
      throws IOException {
    try (URLClassLoader loader = announcing("no.such.Provider", folder)) {
      assertThatThrownBy(() -> new PrunerCatalog(CLASS_PATH, List.of(loader)))
          .isInstanceOfSatisfying(
              ProblemException.class, problem -> assertThat(problem.exitCode()).isEqualTo(4))
          .hasMessageStartingWith(folder + ": a pruner plugin cannot be loaded")
          .hasMessageContaining("no.such.Provider");
    }
  }

  @Test
  void a_plugin_that_only_announces_what_is_there_already_is_none(@TempDir Path folder)
      throws IOException {
    try (URLClassLoader loader = announcing(OnTheClassPath.class.getName(), folder)) {
      assertThatThrownBy(() -> new PrunerCatalog(CLASS_PATH, List.of(loader)))
          .isInstanceOfSatisfying(
              ProblemException.class, problem -> assertThat(problem.exitCode()).isEqualTo(2))
          .hasMessageStartingWith(folder + ": this is probably not a plugin");
    }
  }

  @Test
  void a_pruner_that_cannot_be_described_is_a_problem_of_the_plugin_that_names_its_jar() {
    assertThatThrownBy(() -> new PrunerCatalog(List.of(new OnTheClassPath())))
        .isInstanceOfSatisfying(
            ProblemException.class, problem -> assertThat(problem.exitCode()).isEqualTo(4))
        .hasMessageStartingWith(OnTheClassPath.class.getName() + " in ")
        .hasMessageContaining("cannot be described: java.lang.NoSuchFieldError: no field x");
  }

  /** A plugin of which only the announcement is there. */
  private static URLClassLoader announcing(String provider, Path folder) throws IOException {
    Path services = folder.resolve("META-INF/services");
    Files.createDirectories(services);
    Files.writeString(services.resolve(PrunerProvider.class.getName()), provider + "\n");
    URL[] urls = {folder.toUri().toURL()};
    return new URLClassLoader(folder.toString(), urls, CLASS_PATH);
  }

  /** Built against another version of the interface, say. */
  public static final class OnTheClassPath implements PrunerProvider {
    @Override
    public PrunerDescriptor descriptor() {
      throw new NoSuchFieldError("no field x");
    }

    @Override
    public Pruner create(ParameterValues parameters) {
      throw new UnsupportedOperationException();
    }
  }

  private static PrunerProvider named(String name) {
    return TestPruner.ranking(name);
  }
}
