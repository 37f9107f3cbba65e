package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;

/** The example of a stranger's plugin is as small as promised, and keeps up with the project. */
class ThirdPartyPrunerTest {
  private static final Path TEST =
      ExamplePlugin.PROJECT.resolve("src/test/java/com/example/PlatonPrunerTest.java");

  @Test
  @DisplayName("one class of at most 80 lines, one services line, one line of test")
  void small() throws Exception {
    try (Stream<Path> sources = Files.walk(ExamplePlugin.PROJECT.resolve("src"))) {
      assertThat(sources.filter(Files::isRegularFile)).hasSize(3);
    }
    assertThat(Files.readAllLines(ExamplePlugin.SOURCE)).hasSizeLessThanOrEqualTo(80);
    assertThat(
            Files.readAllLines(
                ExamplePlugin.PROJECT.resolve(
                    "src/main/resources/META-INF/services/"
                        + "dev.espalier.api.pruning.PrunerProvider")))
        .containsExactly("com.example.PlatonPruner$Provider");
    List<String> test = Files.readAllLines(TEST);
    int head = test.indexOf("final class PlatonPrunerTest extends PrunerContract {");
    assertThat(test.subList(head + 1, test.size()))
        .containsExactly("  PlatonPrunerTest() { super(\"platon\"); }", "}");
  }

  @Test
  @DisplayName("its pom is no part of the reactor")
  void ownBuild() throws Exception {
    assertThat(children(pom(ExamplePlugin.PROJECT), "parent")).isEmpty();
    assertThat(Files.readString(Path.of("../pom.xml"))).doesNotContain("third-party-pruner");
  }

  @Test
  @DisplayName("its pom depends on the present version of plugin-api and the test kit")
  void presentVersion() throws Exception {
    Element example = pom(ExamplePlugin.PROJECT);
    String version = text(pom(Path.of("..")), "version");

    assertThat(text(example, "properties", "espalier.version")).isEqualTo(version);
    assertThat(dependency(example, 0))
        .containsExactly(
            "dev.espalier",
            text(pom(Path.of("../plugin-api")), "artifactId"),
            "${espalier.version}",
            "provided");
    assertThat(dependency(example, 1))
        .containsExactly(
            "dev.espalier",
            text(pom(Path.of("../plugin-testkit")), "artifactId"),
            "${espalier.version}",
            "test");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "maven-resources-plugin",
        "maven-compiler-plugin",
        "maven-surefire-plugin",
        "maven-jar-plugin"
      })
  @DisplayName("its pom names the same plugin versions as ours")
  void pluginVersions(String plugin) throws Exception {
    assertThat(pluginVersion(child(pom(ExamplePlugin.PROJECT), "build"), plugin))
        .isEqualTo(
            pluginVersion(child(child(pom(Path.of("..")), "build"), "pluginManagement"), plugin));
  }

  private static String pluginVersion(Element around, String name) {
    return children(child(around, "plugins"), "plugin").stream()
        .filter(plugin -> text(plugin, "artifactId").equals(name))
        .map(plugin -> text(plugin, "version"))
        .findFirst()
        .orElseThrow();
  }

  private static List<String> dependency(Element project, int index) {
    Element dependency = children(child(project, "dependencies"), "dependency").get(index);
    return Stream.of("groupId", "artifactId", "version", "scope")
        .map(part -> text(dependency, part))
        .toList();
  }

  private static Element pom(Path folder) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(folder.resolve("pom.xml").toFile())
        .getDocumentElement();
  }

  private static String text(Element element, String... path) {
    Element found = element;
    for (String name : path) {
      found = child(found, name);
    }
    return found.getTextContent().strip();
  }

  private static Element child(Element element, String name) {
    List<Element> found = children(element, name);
    assertThat(found).as("%s in %s", name, element.getTagName()).hasSize(1);
    return found.get(0);
  }

  private static List<Element> children(Element element, String name) {
    NodeList nodes = element.getChildNodes();
    return IntStream.range(0, nodes.getLength())
        .mapToObj(nodes::item)
        .filter(node -> node.getNodeType() == Node.ELEMENT_NODE && node.getNodeName().equals(name))
        .map(Element.class::cast)
        .toList();
  }
}
