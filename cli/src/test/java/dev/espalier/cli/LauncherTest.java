package dev.espalier.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The script {@code espalier}, with a {@code java} and an {@code mvn} that only say what they got.
 */
@DisabledOnOs(OS.WINDOWS)
final class LauncherTest {
  /** All that the script may rely on; flock and stty it can do without. */
  private static final List<String> TOOLS =
      List.of(
          "bash",
          "dirname",
          "env",
          "find",
          "head",
          "mkdir",
          "readlink",
          "rm",
          "rmdir",
          "sed",
          "sh",
          "sleep",
          "tail",
          "touch");

  @TempDir Path temp;
  private Path home;
  private Path tools;
  private final Map<String, String> environment = new LinkedHashMap<>();

  private record Ended(int exitCode, String out, String err) {}

  @BeforeEach
  void layOutAProject() throws IOException {
    home = Files.createDirectories(temp.resolve("a project"));
    Files.copy(Path.of("..", "espalier"), home.resolve("espalier"));
    Files.setPosixFilePermissions(
        home.resolve("espalier"), PosixFilePermissions.fromString("rwxr-xr-x"));
    write(home.resolve("pom.xml"), "<project/>");
    write(home.resolve("cli/src/main/java/Main.java"), "class Main {}");

    tools = Files.createDirectories(temp.resolve("bin"));
    for (String tool : TOOLS) {
      lend(tool);
    }
    jdk(temp.resolve("jdk"), "17.0.15");
    environment.put("JAVA_HOME", temp.resolve("jdk").toString());
    program(
        tools.resolve("mvn"),
        "echo \"$PWD: mvn $*\" >> \"$CALLS\"",
        "sleep \"${MVN_TAKES:-0}\"",
        "[ -z \"${MVN_SAYS:-}\" ] || { echo \"$MVN_SAYS\"; exit 1; }",
        "mkdir -p cli/target/lib");
    environment.put("CALLS", temp.resolve("calls").toString());
    environment.put("PATH", tools.toString());
  }

  @Test
  void buildsOnceAndSaysSo() throws Exception {
    Ended first = espalier("run", "a.yaml");
    Ended second = espalier("run", "a.yaml");

    assertThat(first.exitCode).isZero();
    assertThat(first.err).startsWith("Building Espalier (once, ").hasLineCount(1);
    assertThat(second.err).isEmpty();
    assertThat(builds())
        .containsExactly(home.toRealPath() + ": mvn -q -B -ntp -DskipTests package");
  }

  @Test
  void startsMainWithTheArgumentsAsTheyAre() throws Exception {
    Ended ended = espalier("run", "two words.yaml", "", "*");

    assertThat(ended.out.lines())
        .containsSubsequence(
            "-cp", home.toRealPath() + "/cli/target/lib/*", "dev.espalier.cli.Main")
        .endsWith("run", "two words.yaml", "", "*", "offline=true untracked=true");
  }

  @Test
  void letsTheUsersJvmOptionsWin() throws Exception {
    environment.put("ESPALIER_JAVA_OPTS", "-Xmx3g -XX:+UseParallelGC");
    assertThat(espalier().out.lines())
        .containsSubsequence("-XX:+UseSerialGC", "-Xmx3g", "-XX:+UseParallelGC", "-cp");
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource({"run, true", "pack, true", "unpack, true", "validate, false", "--help, false"})
  void optimizesOnlyWhatTrains(String command, boolean optimizes) throws Exception {
    assertThat(espalier(command).out.lines().noneMatch("-XX:TieredStopAtLevel=1"::equals))
        .isEqualTo(optimizes);
  }

  @Test
  void handsBackMainsExitCode() throws Exception {
    environment.put("JAVA_EXITS", "3");
    assertThat(espalier().exitCode).isEqualTo(3);
  }

  @Test
  void startsThroughLinksFromAnotherDirectoryAndStaysThere() throws Exception {
    Path elsewhere = Files.createDirectories(temp.resolve("elsewhere/bin"));
    Files.createSymbolicLink(elsewhere.resolve("direct"), home.resolve("espalier"));
    Files.createSymbolicLink(elsewhere.resolve("espalier"), Path.of("direct"));

    Ended ended = run(elsewhere, "./espalier", "run", "mine.yaml");

    assertThat(ended.err).startsWith("Building");
    assertThat(ended.out.lines())
        .contains("in " + elsewhere.toRealPath(), home.toRealPath() + "/cli/target/lib/*")
        .contains("mine.yaml");
  }

  @ParameterizedTest(name = "{0} changed")
  @CsvSource({
    "pom.xml, true",
    "cli/pom.xml, true",
    "cli/src/main/java/Main.java, true",
    "cli/src/main/resources/logback.xml, true",
    "cli/src/test/java/MainTest.java, false",
    "cli/target/classes/Main.class, false",
    "README.md, false",
    "examples/third-party-pruner/pom.xml, false",
    "examples/third-party-pruner/src/main/java/com/example/TaylorPruner.java, false",
  })
  void buildsAgainWhenWhatItIsMadeOfChanged(String file, boolean again) throws Exception {
    write(home.resolve(file), "before");
    espalier();
    Files.writeString(home.resolve(file), "after");
    Files.setLastModifiedTime(home.resolve(file), FileTime.from(Instant.now().plusSeconds(2)));

    espalier();

    assertThat(builds()).hasSize(again ? 2 : 1);
  }

  @Test
  void buildsAgainWhenASourceIsGone() throws Exception {
    espalier();
    Path main = home.resolve("cli/src/main/java/Main.java");
    Files.delete(main);
    Files.setLastModifiedTime(
        main.getParent(), FileTime.from(Instant.now().plusSeconds(2))); // clocks may be coarse
    espalier();
    assertThat(builds()).hasSize(2);
  }

  @Test
  void forgetsOldJarsWhenAPomChanged() throws Exception {
    espalier();
    Path old = home.resolve("cli/target/lib/library-1.0.jar");
    write(old, "");
    Files.setLastModifiedTime(home.resolve("pom.xml"), FileTime.from(Instant.now().plusSeconds(2)));

    espalier();

    assertThat(old).doesNotExist();
  }

  @Test
  void showsTheEndOfTheLogWhenTheBuildFails() throws Exception {
    environment.put("MVN_SAYS", "[ERROR] cannot find symbol");

    Ended ended = espalier();

    assertThat(ended.exitCode).isEqualTo(4);
    assertThat(ended.out).isEmpty();
    assertThat(ended.err)
        .contains("[ERROR] cannot find symbol")
        .endsWith(
            "the build failed; the end of " + home.toRealPath() + "/target/build.log is above.\n");
    assertThat(home.resolve("target/build.log")).hasContent("[ERROR] cannot find symbol");

    environment.remove("MVN_SAYS");
    assertThat(espalier().exitCode).as("the next start builds again").isZero();
  }

  @ParameterizedTest(name = "with flock: {0}")
  @CsvSource({"true", "false"})
  void buildsOnceWhenStartedTwiceAtTheSameTime(boolean flock) throws Exception {
    if (flock) {
      assumeThat(find("flock")).as("flock").isNotNull();
      lend("flock");
    }
    environment.put("MVN_TAKES", "2");

    Process first = start(home, "./espalier");
    Process second = start(home, "./espalier");

    assertThat(first.waitFor()).isZero();
    assertThat(second.waitFor()).isZero();
    assertThat(builds()).hasSize(1);
  }

  @ParameterizedTest(name = "Java {0} is {1}")
  @CsvSource({"1.8.0_452, 8", "11.0.27, 11", "16, 16"})
  void refusesAnOldJava(String version, String shown) throws Exception {
    jdk(temp.resolve("old"), version);
    environment.put("JAVA_HOME", temp.resolve("old").toString());

    Ended ended = espalier();

    assertThat(ended.exitCode).isEqualTo(4);
    assertThat(ended.err)
        .isEqualTo(
            "espalier: %s/old/bin/java is Java %s; Espalier needs 17 or later.\n"
                    .formatted(temp, shown)
                + "  Install a JDK 17 or later and put it on the PATH, or set JAVA_HOME.\n");
  }

  @ParameterizedTest
  @CsvSource({"17", "17.0.15", "21-ea", "25.0.1"})
  void takesALaterJava(String version) throws Exception {
    jdk(temp.resolve("new"), version);
    environment.put("JAVA_HOME", temp.resolve("new").toString());
    assertThat(espalier().exitCode).isZero();
  }

  @Test
  void asksTheJvmWhereNoFileSaysItsVersion() throws Exception {
    Files.delete(temp.resolve("jdk/release"));
    environment.put("JAVA_IS", "11.0.27");
    assertThat(espalier().err).contains("is Java 11; Espalier needs 17 or later.");
    environment.put("JAVA_IS", "17.0.15");
    assertThat(espalier().exitCode).isZero();
  }

  @Test
  void findsJavaOnThePathThroughLinks() throws Exception {
    environment.remove("JAVA_HOME");
    Files.createSymbolicLink(tools.resolve("java"), temp.resolve("jdk/bin/java"));
    Files.createSymbolicLink(tools.resolve("javac"), temp.resolve("jdk/bin/javac"));
    Ended ended = espalier();
    assertThat(ended.err).startsWith("Building");
    assertThat(ended.exitCode).isZero();
  }

  @Test
  void saysWhatIsMissing() throws Exception {
    environment.put("JAVA_HOME", "/nowhere");
    assertThat(espalier().err)
        .startsWith("espalier: JAVA_HOME is /nowhere, but there is no bin/java in it.\n");

    environment.remove("JAVA_HOME");
    Ended withoutJava = espalier();
    assertThat(withoutJava.err).startsWith("espalier: there is no Java.\n");
    assertThat(withoutJava.exitCode).isEqualTo(4);

    environment.put("JAVA_HOME", temp.resolve("jdk").toString());
    Files.delete(tools.resolve("mvn"));
    Ended withoutMaven = espalier();
    assertThat(withoutMaven.err).startsWith("espalier: there is no Maven");
    assertThat(withoutMaven.exitCode).isEqualTo(4);
  }

  private Ended espalier(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("./espalier"));
    command.addAll(List.of(arguments));
    return run(home, command.toArray(String[]::new));
  }

  private Ended run(Path directory, String... command) throws Exception {
    Process process = start(directory, command);
    String out = new String(process.getInputStream().readAllBytes(), UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), UTF_8);
    return new Ended(process.waitFor(), out, err);
  }

  private Process start(Path directory, String... command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    return builder.start();
  }

  private List<String> builds() throws IOException {
    return Files.readAllLines(temp.resolve("calls"));
  }

  /** A JDK whose JVM prints where it is, its arguments, one a line, and its environment. */
  private static void jdk(Path at, String version) throws IOException {
    program(
        at.resolve("bin/java"),
        "if [ \"$1\" = -version ]; then echo \"openjdk version \\\"$JAVA_IS\\\"\" >&2; exit; fi",
        "echo \"in $PWD\"",
        "for argument; do echo \"$argument\"; done",
        "echo \"offline=$DJL_OFFLINE untracked=$OPT_OUT_TRACKING\"",
        "exit \"${JAVA_EXITS:-0}\"");
    program(at.resolve("bin/javac"), "exit 0");
    write(at.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
  }

  private void lend(String tool) throws IOException {
    Path found = find(tool);
    assumeThat(found).as(tool).isNotNull();
    program(tools.resolve(tool), "exec " + found + " \"$@\"");
  }

  private static Path find(String tool) {
    return List.of("/bin", "/usr/bin", "/usr/local/bin").stream()
        .map(directory -> Path.of(directory, tool))
        .filter(Files::isExecutable)
        .findFirst()
        .orElse(null);
  }

  private static void program(Path file, String... lines) throws IOException {
    write(file, "#!/bin/sh\n" + String.join("\n", lines) + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }
}
