package dev.espalier.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.BufferedReader;
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
import java.util.stream.Stream;
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
          "cat",
          "cksum",
          "dirname",
          "env",
          "find",
          "head",
          "mkdir",
          "mv",
          "readlink",
          "rm",
          "rmdir",
          "sed",
          "sh",
          "sleep",
          "sort",
          "tail",
          "uniq");

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
    write(home.resolve("cli/pom.xml"), "<project/>");
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
        "[ -z \"${MVN_SAYS:-}\" ] || echo \"$MVN_SAYS\"",
        "[ \"${MVN_EXITS:-0}\" -eq 0 ] || exit \"$MVN_EXITS\"",
        "mkdir -p cli/target/lib",
        ": > cli/target/lib/espalier-cli-0.1.0.jar",
        "echo $$ > \"$CALLS.process\"",
        "while [ -e \"$CALLS.hold\" ]; do sleep 0.1; done",
        "echo end >> \"$CALLS\"");
    environment.put("CALLS", temp.resolve("calls").toString());
    environment.put("PATH", tools.toString());
  }

  @Test
  void buildsOnceAndSaysSo() throws Exception {
    Ended first = espalier("run", "a.yaml");
    Ended second = espalier("run", "a.yaml");

    assertThat(first.exitCode).isZero();
    assertThat(first.err)
        .startsWith("Building Espalier: once, ")
        .endsWith(" Log: " + home.toRealPath() + "/target/build.log\n")
        .hasLineCount(1);
    assertThat(second.err).isEmpty();
    assertThat(builds())
        .containsExactly(
            home.toRealPath() + ": mvn -B -ntp -Dstyle.color=never -DskipTests package");
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
    "examples/third-party-pruner/src/main/java/com/example/PlatonPruner.java, false",
  })
  void buildsAgainWhenWhatItIsMadeOfChanged(String file, boolean again) throws Exception {
    write(home.resolve(file), "before");
    espalier();
    FileTime time = Files.getLastModifiedTime(home.resolve(file));
    Files.writeString(home.resolve(file), "other!"); // as long as before, and, below, as old
    Files.setLastModifiedTime(home.resolve(file), time);

    espalier();

    assertThat(builds()).hasSize(again ? 2 : 1);
  }

  @Test
  void buildsAgainWhenTheJarsAreGone() throws Exception {
    espalier();
    Files.delete(home.resolve("cli/target/lib/espalier-cli-0.1.0.jar"));
    assertThat(espalier().exitCode).isZero();
    assertThat(builds()).hasSize(2);
  }

  @Test
  void saysThatTheBuildCannotBeFinished() throws Exception {
    Files.createDirectories(home.resolve("cli/target/lib/.built.new"));
    Ended ended = espalier();
    assertThat(ended.exitCode).isEqualTo(4);
    assertThat(ended.err).endsWith("so the build is not finished.\n  Free disk space.\n");
  }

  @Test
  void buildsAgainWhenASourceIsGone() throws Exception {
    espalier();
    Files.delete(home.resolve("cli/src/main/java/Main.java"));
    espalier();
    assertThat(builds()).hasSize(2);
  }

  /** Maven compiles by times, so a source that got an older one would be left as it was. */
  @Test
  void discardsTheClassesOfAChangedModuleAndOfNoOther() throws Exception {
    write(home.resolve("tuner/pom.xml"), "<project/>");
    write(home.resolve("tuner/src/main/resources/a.txt"), "a");
    write(home.resolve("tuner/target/classes/a.txt"), "a");
    write(home.resolve("cli/target/classes/Main.class"), "");
    espalier();
    Files.delete(home.resolve("tuner/src/main/resources/a.txt"));

    espalier();

    assertThat(home.resolve("tuner/target/classes/a.txt")).doesNotExist();
    assertThat(home.resolve("cli/target/classes/Main.class")).exists();
  }

  /**
   * A file that is removed stays whole for a run that has it open; one that is overwritten doesn't.
   */
  @Test
  void removesItsJarsBeforeMavenWritesThemAgain() throws Exception {
    espalier();
    write(home.resolve("cli/target/lib/espalier-tuner-1.0.jar"), "old");
    write(home.resolve("cli/target/lib/djl.jar"), "as it was");
    Files.writeString(home.resolve("cli/src/main/java/Main.java"), "class Main {int changed;}");

    espalier();

    assertThat(home.resolve("cli/target/lib/espalier-tuner-1.0.jar")).doesNotExist();
    assertThat(home.resolve("cli/target/lib/djl.jar")).exists();
  }

  @Test
  void forgetsOldJarsWhenAPomChanged() throws Exception {
    espalier();
    Path old = home.resolve("cli/target/lib/library-1.0.jar");
    write(old, "");
    Files.writeString(home.resolve("pom.xml"), "<project>1.1</project>");

    espalier();

    assertThat(old).doesNotExist();
  }

  @ParameterizedTest(name = "each file {0} s younger than the one before")
  @CsvSource({"1", "-1", "0"})
  void startsACopiedTreeAsItIs(int seconds) throws Exception {
    espalier();
    Path copy = temp.resolve("copy");
    Instant time = Instant.now();
    try (Stream<Path> files = Files.walk(home)) {
      for (Path file : files.sorted().toList()) {
        Path to = copy.resolve(home.relativize(file).toString());
        Files.copy(file, to);
        time = time.plusSeconds(seconds);
        Files.setLastModifiedTime(to, FileTime.from(time));
      }
    }

    Ended ended = run(copy, "./espalier", "run", "a.yaml");

    assertThat(ended.err).isEmpty();
    assertThat(ended.exitCode).isZero();
    assertThat(ended.out.lines()).contains(copy.toRealPath() + "/cli/target/lib/*");
    assertThat(builds()).hasSize(1);
  }

  @Test
  void startsAMovedTreeAsItIs() throws Exception {
    espalier();
    Path moved = Files.move(home, temp.resolve("moved"));
    assertThat(run(moved, "./espalier").err).isEmpty();
    assertThat(builds()).hasSize(1);
  }

  @Test
  void startsATreeWithoutSources() throws Exception {
    espalier();
    Files.delete(home.resolve("pom.xml"));
    Files.delete(home.resolve("cli/src/main/java/Main.java"));
    assertThat(espalier().exitCode).isZero();
    assertThat(builds()).hasSize(1);
  }

  @Test
  void startsATreeThatOnlyItsOwnerMayWrite() throws Exception {
    espalier();
    assertThat(asAStranger("./espalier").exitCode).isZero();
    assertThat(builds()).hasSize(1);

    Files.writeString(home.resolve("pom.xml"), "<project>1.1</project>");
    Ended changed = asAStranger("./espalier");
    assertThat(changed.exitCode).isEqualTo(4);
    assertThat(changed.err)
        .isEqualTo(
            "espalier: Espalier is not built, or its sources have changed since, and "
                + home.toRealPath()
                + "/target cannot be written.\n"
                + "  Set ESPALIER_BUILD=never to start the build from before the change.\n");
  }

  @Test
  void startsWhatWasBuiltWhenToldSo() throws Exception {
    environment.put("ESPALIER_BUILD", "never");
    Ended nothing = espalier();
    assertThat(nothing.exitCode).isEqualTo(4);
    assertThat(nothing.err)
        .startsWith("espalier: there is no finished build in " + home.toRealPath());

    environment.remove("ESPALIER_BUILD");
    espalier();
    environment.put("ESPALIER_BUILD", "never");
    assertThat(espalier().err).isEmpty();

    Files.writeString(home.resolve("pom.xml"), "<project>1.1</project>");
    Ended old = espalier();
    assertThat(old.exitCode).isZero();
    assertThat(old.err)
        .isEqualTo(
            "Sources have changed since Espalier was built;"
                + " ESPALIER_BUILD=never starts the old build.\n");
    assertThat(builds()).hasSize(1);
  }

  @Test
  void knowsNoOtherWayToBuild() throws Exception {
    environment.put("ESPALIER_BUILD", "nevr");
    Ended ended = espalier();
    assertThat(ended.exitCode).isEqualTo(4);
    assertThat(ended.err).startsWith("espalier: ESPALIER_BUILD is 'nevr', which is not supported.");
  }

  @Test
  void saysWhichModuleIsBuilt() throws Exception {
    hold();
    environment.put(
        "MVN_SAYS",
        "[INFO] Building Espalier 0.1.0   [1/12]\n[INFO] Building Espalier :: Tuner 0.1.0   [6/12]");
    Process process = start(home, "./espalier");
    BufferedReader err = process.errorReader();

    assertThat(err.readLine()).startsWith("Building");
    assertThat(err.readLine()).isEqualTo("  module 6 of 12: Espalier :: Tuner");

    release();
    assertThat(process.waitFor()).isZero();
    assertThat(err.readLine()).as("a line for each module, not for each second").isNull();
  }

  @Test
  void showsTheErrorsWhenTheBuildFails() throws Exception {
    environment.put("MVN_SAYS", "[INFO] Scanning\n[ERROR] cannot find symbol");
    environment.put("MVN_EXITS", "1");

    Ended ended = espalier();

    assertThat(ended.exitCode).isEqualTo(4);
    assertThat(ended.out).isEmpty();
    assertThat(ended.err)
        .contains("\n[ERROR] cannot find symbol\n")
        .doesNotContain("Scanning")
        .endsWith(
            "espalier: the build failed with exit code 1; the whole log is "
                + home.toRealPath()
                + "/target/build.log.\n");
    assertThat(home.resolve("target/build.log")).content().contains("Scanning");

    environment.put("MVN_SAYS", "no JVM");
    assertThat(espalier().err).as("the end of the log where it has no errors").contains("no JVM");

    environment.put("MVN_EXITS", "0");
    assertThat(espalier().exitCode).as("the next start builds again").isZero();
  }

  @ParameterizedTest(name = "with flock: {0}")
  @CsvSource({"true", "false"})
  void buildsOnceWhenStartedTwiceAtTheSameTime(boolean flock) throws Exception {
    lendFlock(flock);
    hold();

    Process first = start(home, "./espalier");
    assertThat(first.errorReader().readLine()).startsWith("Building");
    Process second = start(home, "./espalier");
    assertThat(second.errorReader().readLine())
        .isEqualTo(
            "Waiting for another build of Espalier to end. Its log: %s/target/build.log",
            home.toRealPath());
    release();

    assertThat(first.waitFor()).isZero();
    assertThat(second.waitFor()).isZero();
    assertThat(builds()).hasSize(1);
  }

  @ParameterizedTest(name = "with flock: {0}")
  @CsvSource({"true", "false"})
  void waitsForTheMavenOfALauncherThatWasKilled(boolean flock) throws Exception {
    lendFlock(flock);
    hold();
    Process first = start(home, "./espalier");
    long maven = maven();
    first.destroyForcibly().waitFor();
    assertThat(isAlive(maven)).isTrue();

    Process second = start(home, "./espalier");
    assertThat(second.errorReader().readLine()).startsWith("Waiting for another build");
    assertThat(calls()).as("calls while Maven runs").hasSize(1);
    release();

    assertThat(second.waitFor()).isZero();
    String call = calls().get(0);
    assertThat(calls()).as("one after the other").containsExactly(call, "end", call, "end");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({"launcher", "maven", "none"})
  void breaksTheLockOfTheDead(String file) throws Exception {
    Process dead = start(home, "true");
    dead.waitFor();
    Path lock = Files.createDirectories(home.resolve("target/build.lock.d"));
    if (!file.equals("none")) {
      write(lock.resolve(file), dead.pid() + "\n");
    }

    Ended ended = espalier();

    assertThat(ended.exitCode).isZero();
    assertThat(builds()).hasSize(1);
    assertThat(lock).doesNotExist();
  }

  @ParameterizedTest(name = "{0}, with flock: {1}")
  @CsvSource({"HUP, true", "INT, true", "TERM, true", "INT, false"})
  void endsMavenWhenInterrupted(String signal, boolean flock) throws Exception {
    lendFlock(flock);
    hold();
    Process process = start(home, heedingSignals("./espalier"));
    long maven = maven();
    write(home.resolve("cli/target/classes/Half.class"), "half a cl");

    assertThat(new ProcessBuilder("kill", "-" + signal, "" + process.pid()).start().waitFor())
        .isZero();

    String err = new String(process.getErrorStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).isEqualTo(130);
    assertThat(err).endsWith("The build was interrupted; the next start builds Espalier again.\n");
    assertThat(isAlive(maven)).as("Maven lives on").isFalse();
    release();

    environment.put("ESPALIER_BUILD", "never");
    assertThat(espalier().exitCode).as("half a build is none").isEqualTo(4);
    environment.remove("ESPALIER_BUILD");
    assertThat(espalier().exitCode).isZero();
    assertThat(builds()).hasSize(2);
    assertThat(home.resolve("cli/target/classes/Half.class"))
        .as("what Maven would take for whole")
        .doesNotExist();
  }

  /** The old build must not pass for the new one when the change is taken back. */
  @Test
  void takesAnAbortedBuildForNone() throws Exception {
    lendFlock(true);
    espalier();
    Files.writeString(home.resolve("pom.xml"), "<project>1.1</project>");
    hold();
    Process process = start(home, "./espalier");
    long maven = maven();
    process.destroyForcibly().waitFor();
    ProcessHandle.of(maven).ifPresent(ProcessHandle::destroyForcibly);
    release();

    Files.writeString(home.resolve("pom.xml"), "<project/>");
    assertThat(espalier().exitCode).isZero();

    assertThat(builds()).hasSize(3);
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

  @Test
  void saysThatTheJvmDoesNotStart() throws Exception {
    espalier();
    environment.put("ESPALIER_JAVA_OPTS", "-XX:Foo");
    environment.put("JAVA_EXITS", "1");
    Ended ended = espalier();
    assertThat(ended.exitCode).isEqualTo(4);
    assertThat(ended.err)
        .contains("espalier: the JVM " + temp.resolve("jdk/bin/java") + " does not start.\n")
        .contains("Check ESPALIER_JAVA_OPTS");
  }

  /** In the C locale a run directory with an accent in its name had no journal. */
  @ParameterizedTest(name = "LC_ALL={0} LANG={1}")
  @CsvSource({
    "'', '', C.UTF-8/",
    "C, de_DE.UTF-8, C.UTF-8/de_DE.UTF-8",
    "POSIX, '', C.UTF-8/",
    "'', de_DE.UTF-8, /de_DE.UTF-8",
    "de_DE.ISO-8859-1, C, de_DE.ISO-8859-1/C",
  })
  void readsFileNamesAsUtf8WhereNothingElseIsSaid(String all, String language, String seen)
      throws Exception {
    environment.put("LC_ALL", all);
    environment.put("LANG", language);
    assertThat(espalier().out.lines()).contains("locale=" + seen);
  }

  @Test
  void asksNoJvmWithAnAgent() throws Exception {
    espalier();
    environment.put("ESPALIER_JAVA_OPTS", "-agentlib:jdwp=transport=dt_socket,server=y");
    environment.put("JAVA_EXITS", "3");
    assertThat(espalier().exitCode).isEqualTo(3);
  }

  @Test
  void saysThatAJavaIsForAnotherMachine() throws Exception {
    espalier();
    Files.write(temp.resolve("jdk/bin/java"), new byte[] {0x7f, 'E', 'L', 'F', 0, 0, 0, 0});
    Ended ended = espalier();
    assertThat(ended.exitCode).isEqualTo(4);
    assertThat(ended.err).contains("jdk/bin/java cannot be executed.\n  Install a JDK for this");
  }

  @ParameterizedTest(name = "{0} KiB of addresses")
  @CsvSource({"2000000, 4", "4000000, 0"})
  void fitsTheJvmIntoALimitedAddressSpace(int limit, int exitCode) throws Exception {
    espalier();
    Ended ended = run(home, "sh", "-c", "ulimit -v " + limit + "; exec ./espalier run a.yaml");
    assertThat(ended.exitCode).isEqualTo(exitCode);
    if (exitCode == 0) {
      assertThat(ended.out.lines()).contains("-Xmx1000000k", "-XX:CompressedClassSpaceSize=128m");
    } else {
      assertThat(ended.err)
          .isEqualTo(
              "espalier: the address space is limited to 2000000 KiB (ulimit -v), which is too"
                  + " little.\n  Raise the limit to 3000000 or more.\n");
    }
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

  /** Runs as somebody who may read the project and write nothing of it. */
  private Ended asAStranger(String... command) throws Exception {
    if (!System.getProperty("user.name").equals("root")) {
      try (Stream<Path> files = Files.walk(home)) {
        for (Path file : files.filter(Files::isDirectory).toList()) {
          Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r-xr-xr-x"));
        }
      }
      Ended ended = run(home, command);
      try (Stream<Path> files = Files.walk(home)) {
        for (Path file : files.filter(Files::isDirectory).toList()) {
          Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
      }
      return ended;
    }
    Path setpriv = find("setpriv");
    assumeThat(setpriv).as("setpriv").isNotNull();
    Files.setPosixFilePermissions(temp, PosixFilePermissions.fromString("rwxr-xr-x"));
    List<String> stranger =
        new ArrayList<>(
            List.of(setpriv.toString(), "--reuid=65534", "--regid=65534", "--clear-groups", "--"));
    stranger.addAll(List.of(command));
    return run(home, stranger.toArray(String[]::new));
  }

  /**
   * No shell can trap a signal that is ignored on entry, as SIGINT is beneath a build in
   * background.
   */
  private String[] heedingSignals(String command) throws Exception {
    String env = String.valueOf(find("env"));
    boolean can = run(home, env, "--default-signal", "sleep", "0").exitCode == 0;
    return can ? new String[] {env, "--default-signal", command} : new String[] {command};
  }

  /** Lets the next Maven run until {@link #release}. */
  private void hold() throws IOException {
    Files.deleteIfExists(temp.resolve("calls.process"));
    write(temp.resolve("calls.hold"), "");
  }

  private void release() throws IOException {
    Files.delete(temp.resolve("calls.hold"));
  }

  /** The process number of the Maven that is held, once it runs. */
  private long maven() throws Exception {
    Path file = temp.resolve("calls.process");
    while (!Files.exists(file) || Files.readString(file).isBlank()) {
      Thread.sleep(20);
    }
    return Long.parseLong(Files.readString(file).strip());
  }

  private static boolean isAlive(long process) {
    return ProcessHandle.of(process).map(ProcessHandle::isAlive).orElse(false);
  }

  private List<String> calls() throws IOException {
    return Files.readAllLines(temp.resolve("calls"));
  }

  private List<String> builds() throws IOException {
    return calls().stream().filter(line -> !line.equals("end")).toList();
  }

  /** A JDK whose JVM prints where it is, its arguments, one a line, and its environment. */
  private static void jdk(Path at, String version) throws IOException {
    program(
        at.resolve("bin/java"),
        "if [ \"$1\" = -version ]; then echo \"openjdk version \\\"$JAVA_IS\\\"\" >&2; exit; fi",
        "echo \"in $PWD\"",
        "echo \"locale=${LC_ALL:-}/${LANG:-}\"",
        "for argument; do echo \"$argument\"; done",
        "echo \"offline=$DJL_OFFLINE untracked=$OPT_OUT_TRACKING\"",
        "exit \"${JAVA_EXITS:-0}\"");
    program(at.resolve("bin/javac"), "exit 0");
    write(at.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
  }

  private void lendFlock(boolean flock) throws IOException {
    if (flock) {
      lend("flock"); // skips the test where there is none
    }
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
