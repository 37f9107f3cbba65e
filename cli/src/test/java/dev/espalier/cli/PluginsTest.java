package dev.espalier.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.api.pruning.PrunerProvider;
import dev.espalier.api.run.RunListener;
import dev.espalier.core.files.Sha256;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** A folder of plugins, with the example of a stranger's pruner in it, and with what is none. */
class PluginsTest {
  private static final String SERVICES = "META-INF/services/" + PrunerProvider.class.getName();

  @TempDir static Path workshop;
  private static Path example;

  @TempDir Path folder;
  private Path jar;

  private final StringWriter output = new StringWriter();
  private final StringWriter errors = new StringWriter();

  @BeforeAll
  static void buildTheExample() throws IOException {
    example = ExamplePlugin.build(workshop.resolve("third-party-pruner-1.0.jar"));
  }

  @BeforeEach
  void putItIntoTheFolder() throws IOException {
    jar = Files.copy(example, folder.resolve("third-party-pruner-1.0.jar"));
  }

  @Test
  @DisplayName("pruners --plugins lists the example's pruner among ours")
  void listed() {
    assertThat(execute("pruners", "--plugins", folder.toString())).as(errors.toString()).isZero();
    assertThat(output.toString()).contains("\nplaton ").contains("\nmovement ");
  }

  @Test
  @DisplayName("what plugins hold beside pruners is listed, too, with the jar")
  void others() throws IOException {
    assertThat(execute("pruners", "--plugins", folder.toString())).isZero();
    assertThat(output.toString()).doesNotContain("Also in the plugins");
    Path tracker = tracker("tracker.jar", "");

    assertThat(execute("pruners", "--plugins", folder.toString())).as(errors.toString()).isZero();
    assertThat(output.toString())
        .containsSubsequence(
            "\nmovement ", "Also in the plugins:", "  run listener Tracker, Tracker in " + tracker);
  }

  @Test
  @DisplayName("a jar of listeners is recorded as one, a jar with a pruner as a plugin")
  void versions() throws IOException {
    String sha256 = "sha256 " + Sha256.of(tracker("tracker.jar", ""));

    assertThat(Plugins.in(folder).versions())
        .hasSize(2)
        .hasEntrySatisfying(
            "listeners tracker.jar", version -> assertThat(version).isEqualTo(sha256))
        .containsKey("plugin third-party-pruner-1.0.jar");
  }

  @Test
  @DisplayName("a listener that cannot be made is told before the run, with its jar")
  void brokenListener() throws IOException {
    Path broken = tracker("broken.jar", "throw new IllegalStateException(\"no server\");");

    assertThat(
            execute(
                "run",
                ExamplePlugin.PROJECT.resolve("platon.yaml").toString(),
                "--plugins",
                folder.toString(),
                "--set",
                "tuning.workspace.path=" + folder.resolve("runs")))
        .isEqualTo(4);
    assertThat(errors.toString())
        .contains(broken.toString(), "a run listener plugin cannot be loaded", "no server")
        .doesNotContain("bug in Espalier");
    assertThat(folder.resolve("runs")).doesNotExist();
  }

  private Path tracker(String name, String inConstructor) throws IOException {
    return ExamplePlugin.build(
            folder.resolve(name),
            "Tracker",
            """
            import dev.espalier.api.run.RunEvent;
            import dev.espalier.api.run.RunListener;

            public final class Tracker implements RunListener {
              public Tracker() {%s}

              @Override
              public void on(RunEvent event) {}
            }
            """
                .formatted(inConstructor),
            Map.of(RunListener.class, "Tracker"))
        .toAbsolutePath();
  }

  @Test
  @DisplayName("pruners describe --plugins tells all about it, and which jar it is from")
  void described() {
    assertThat(execute("pruners", "describe", "platon", "--plugins", folder.toString()))
        .as(errors.toString())
        .isZero();
    assertThat(unwrapped())
        .contains("still uncertain")
        .contains("Zhang et al. 2022")
        .contains("beta1 a number in [0, 0.9999], default 0.85")
        .contains("prune_type: platon")
        .contains("com.example.PlatonPruner$Provider in " + jar.toAbsolutePath());
  }

  @Test
  @DisplayName("without --plugins there is no such pruner, and the message says what is missing")
  void absent() {
    assertThat(execute("pruners", "describe", "platon")).isEqualTo(2);
    assertThat(errors.toString()).contains("there is no pruner \"platon\"").contains("--plugins");
  }

  @Test
  @DisplayName("run --plugins knows the pruner and its parameters before anything is trained")
  void checked() {
    assertThat(
            execute(
                "run",
                ExamplePlugin.PROJECT.resolve("platon.yaml").toString(),
                "--plugins",
                folder.toString(),
                "--set",
                "tuning.workspace.path=" + folder.resolve("runs"),
                "--set",
                "pruning.approach.weight_compression.pruners[0].parameters.beta1=2"))
        .isEqualTo(2);
    assertThat(errors.toString())
        .contains("pruner platon: beta1 must be a number in [0, 0.9999], found 2");
    assertThat(folder.resolve("runs")).doesNotExist();
  }

  @Test
  @DisplayName("two jars with one pruner are an error that names both")
  void duplicate() throws IOException {
    Path copy = Files.copy(example, folder.resolve("third-party-pruner-1.1.jar"));

    assertProblem(
        2,
        "two pruners are named \"platon\"",
        jar.toAbsolutePath().toString(),
        copy.toAbsolutePath().toString());
  }

  @Test
  @DisplayName("a folder that is not there, is none, or has no jar is a mistake in the command")
  void noFolder() throws IOException {
    Path missing = folder.resolve("no");
    Path empty = Files.createDirectory(folder.resolve("empty"));

    assertThat(execute("pruners", "--plugins", missing.toString())).isEqualTo(2);
    assertThat(execute("pruners", "--plugins", jar.toString())).isEqualTo(2);
    assertThat(execute("pruners", "--plugins", empty.toString())).isEqualTo(2);
    assertThat(errors.toString())
        .contains("--plugins: there is no folder " + missing)
        .contains("--plugins: " + jar + " is not a folder")
        .contains("--plugins: the folder " + empty + " has no jar");
  }

  @Test
  @DisplayName("broken jars are named, all of them")
  void brokenJar() throws IOException {
    byte[] sound = Files.readAllBytes(example);
    Path cut = folder.resolve("cut.jar");
    Files.write(cut, Arrays.copyOf(sound, sound.length / 2));
    Path empty = Files.createFile(folder.resolve("empty.jar"));

    assertProblem(2, cut + ": this is not a jar", empty + ": this is not a jar");
  }

  @Test
  @DisplayName("a jar that announces a class which it does not have is named, with the class")
  void missingClass() throws IOException {
    Path broken = announcing("com.example.Absent");

    assertProblem(4, broken.toString(), "com.example.Absent", SERVICES);
  }

  @Test
  @DisplayName("a jar that announces a class which is no provider is named, with the class")
  void wrongClass() throws IOException {
    Path broken = announcing(Main.class.getName());

    assertProblem(4, broken.toString(), Main.class.getName());
  }

  @Test
  @DisplayName("a jar without a pruner is probably not a plugin")
  void notAPlugin() throws IOException {
    Path library = packed("library.jar", "readme.txt", "Nothing here.");

    assertProblem(2, library + ": this is probably not a plugin");
  }

  private void assertProblem(int exitCode, String... told) {
    assertThat(execute("pruners", "--plugins", folder.toString()))
        .as(errors.toString())
        .isEqualTo(exitCode);
    assertThat(errors.toString()).contains(told).doesNotContain("\tat ");
    assertThat(output.toString()).isEmpty();
  }

  private Path announcing(String provider) throws IOException {
    return packed("broken.jar", SERVICES, provider + "\n");
  }

  private Path packed(String name, String entry, String content) throws IOException {
    Path root = Files.createTempDirectory(workshop, "content");
    Path file = root.resolve(entry);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
    return ExamplePlugin.pack(folder.resolve(name), List.of(root));
  }

  /** What was printed, whatever the width of the terminal. */
  private String unwrapped() {
    return output.toString().replaceAll("\\s+", " ");
  }

  private int execute(String... arguments) {
    CommandLine commandLine = Main.commandLine();
    commandLine.setOut(new PrintWriter(output, true));
    commandLine.setErr(new PrintWriter(errors, true));
    return commandLine.execute(arguments);
  }
}
