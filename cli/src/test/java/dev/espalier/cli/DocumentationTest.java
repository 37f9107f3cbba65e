package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.api.pruning.PrunerDescriptor;
import dev.espalier.config.ConfigurationLoader;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.tuner.plan.Planner;
import dev.espalier.tuner.plugin.PrunerCatalog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** Pages and configurations say what the program does. */
class DocumentationTest {
  private static final Path ROOT = Path.of("..");
  private static final PrunerCatalog PRUNERS =
      new PrunerCatalog(DocumentationTest.class.getClassLoader());

  static Stream<Path> configurations() throws IOException {
    try (Stream<Path> files = Files.list(ROOT.resolve("yaml-configs"))) {
      return files.sorted().toList().stream();
    }
  }

  static Stream<Path> pages() throws IOException {
    try (Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
      List<Path> pages = docs.filter(page -> page.toString().endsWith(".md")).toList();
      return Stream.of(
              pages.stream(),
              configurations(),
              Stream.of(
                      "README.md",
                      "CONTRIBUTING.md",
                      "CHANGELOG.md",
                      "examples/third-party-pruner/README.md",
                      "examples/third-party-pruner/platon.yaml")
                  .map(ROOT::resolve))
          .flatMap(paths -> paths);
    }
  }

  @ParameterizedTest
  @MethodSource("configurations")
  @DisplayName(
      "every shipped configuration loads, its pruner can be made, and it says how to run it")
  void configurationLoads(Path file) throws IOException {
    ResolvedConfiguration configuration = new ConfigurationLoader().load(file, List.of(), Map.of());

    assertThat(new Planner(configuration, PRUNERS).pruner()).isNotNull();
    assertThat(Files.readString(file))
        .contains("./espalier run yaml-configs/" + file.getFileName())
        .startsWith("#");
  }

  @ParameterizedTest
  @MethodSource("pages")
  @DisplayName("every ./espalier command on a page is one that the program understands")
  void commandsParse(Path page) throws IOException {
    Matcher commands =
        Pattern.compile("\\./espalier ([a-z-]+ [^`\\n|]*)").matcher(Files.readString(page));
    while (commands.find()) {
      String[] arguments = commands.group(1).strip().split("\\s+");
      CommandLine.ParseResult parsed = Main.commandLine().parseArgs(arguments);
      assertThat(parsed.hasSubcommand()).as(commands.group()).isTrue();
      for (String argument : arguments) {
        if (argument.endsWith(".yaml")) {
          assertThat(ROOT.resolve(argument)).as(commands.group()).exists();
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  @DisplayName("every link to a file of the project, or to a heading in one, leads somewhere")
  void linksLead(Path page) throws IOException {
    Matcher links =
        Pattern.compile("\\]\\(([^)#:]*)(?:#([^)]*))?\\)").matcher(Files.readString(page));
    while (links.find()) {
      Path target = links.group(1).isEmpty() ? page : page.resolveSibling(links.group(1));
      assertThat(target).as("%s in %s", links.group(), page).exists();
      if (links.group(2) != null) {
        assertThat(anchors(target)).as("%s in %s", links.group(), page).contains(links.group(2));
      }
    }
  }

  /** What the headings of a page are called in links. */
  private static List<String> anchors(Path page) throws IOException {
    return Files.readAllLines(page).stream()
        .filter(line -> line.startsWith("#"))
        .map(line -> line.replaceFirst("#+ ", "").toLowerCase(Locale.ROOT))
        .map(heading -> heading.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'))
        .toList();
  }

  @Test
  @DisplayName("the README lists the pruners that there are, and no others")
  void prunersAreListed() throws IOException {
    String readme = Files.readString(ROOT.resolve("README.md"));
    String section = readme.substring(readme.indexOf("## Pruners"));
    section = section.substring(0, section.indexOf("\n## ", 1));
    Matcher rows = Pattern.compile("(?m)^\\| `([a-z0-9_]+)` \\|").matcher(section);

    assertThat(rows.results().map(row -> row.group(1)).collect(Collectors.toSet()))
        .isEqualTo(
            PRUNERS.descriptors().stream().map(PrunerDescriptor::name).collect(Collectors.toSet()));
  }

  @Test
  @DisplayName("the README lists the exit codes that --help lists")
  void exitCodesAreListed() throws IOException {
    String readme = Files.readString(ROOT.resolve("README.md"));
    assertThat(Main.commandLine().getCommandSpec().usageMessage().exitCodeList().keySet())
        .allSatisfy(code -> assertThat(readme).contains("`" + code + "`"));
  }
}
