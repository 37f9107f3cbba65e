package dev.espalier.cli;

import dev.espalier.api.metric.Metric;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.core.files.Sha256;
import dev.espalier.tasks.TaskLoader;
import dev.espalier.tuner.plugin.MetricCatalog;
import dev.espalier.tuner.plugin.PluginList;
import dev.espalier.tuner.plugin.PluginLoader;
import dev.espalier.tuner.plugin.PrunerCatalog;
import dev.espalier.tuner.plugin.RunListeners;
import dev.espalier.tuner.plugin.StrategyCatalog;
import dev.espalier.tuner.run.Environment;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a user adds to Espalier: the jars in the folder that {@code --plugins} names. */
final class Plugins {
  private static final ClassLoader CLASS_PATH = Plugins.class.getClassLoader();

  private final List<Path> jars;
  private final List<PluginLoader> loaders;

  private Plugins(List<Path> jars) {
    this.jars = jars;
    this.loaders = jars.stream().map(Plugins::loader).toList();
  }

  /**
   * The plugins in {@code folder}, or none when it is null. Nothing of them is loaded yet.
   *
   * @throws ProblemException of kind CONFIGURATION when there is no such folder or no jar in it, or
   *     of kind INPUT naming every jar that cannot be read
   */
  static Plugins in(@Nullable Path folder) {
    if (folder == null) {
      return new Plugins(List.of());
    }
    if (!Files.isDirectory(folder)) {
      throw notAFolder(
          Files.exists(folder) ? folder + " is not a folder" : "there is no folder " + folder);
    }
    List<Path> jars = jarsIn(folder);
    if (jars.isEmpty()) {
      throw notAFolder("the folder " + folder + " has no jar");
    }
    List<Problem> problems = new ArrayList<>();
    jars.forEach(jar -> check(jar, problems));
    if (!problems.isEmpty()) {
      throw new ProblemException(problems);
    }
    return new Plugins(jars);
  }

  /**
   * The pruners that there are, ours and those of the plugins.
   *
   * @throws ProblemException when a plugin is broken or holds no pruner, or two pruners have the
   *     same name
   */
  PrunerCatalog pruners() {
    return new PrunerCatalog(CLASS_PATH, loaders);
  }

  /**
   * The tuning strategies that there are, ours and those of the plugins.
   *
   * @throws ProblemException as {@link #pruners}
   */
  StrategyCatalog strategies() {
    return new StrategyCatalog(CLASS_PATH, loaders);
  }

  /**
   * The metrics that there are, ours and those of the plugins.
   *
   * @throws ProblemException as {@link #pruners}
   */
  List<Metric> metrics() {
    return MetricCatalog.of(TaskLoader.metrics(), CLASS_PATH, loaders);
  }

  /**
   * The run listeners of the plugins.
   *
   * @throws ProblemException as {@link #pruners}
   */
  RunListeners.Loaded listeners() {
    return RunListeners.of(CLASS_PATH, loaders);
  }

  /**
   * What the plugins hold beside pruners, a line each; empty without plugins.
   *
   * @throws ProblemException as {@link #pruners}
   */
  List<String> besidePruners() {
    return loaders.isEmpty() ? List.of() : PluginList.besidePruners(CLASS_PATH, loaders);
  }

  /** The SHA-256 of each jar, for {@code environment.json}. */
  Map<String, String> versions() {
    Map<String, String> versions = new TreeMap<>();
    for (int i = 0; i < jars.size(); i++) {
      Path jar = jars.get(i);
      String what = RunListeners.isOnly(loaders.get(i)) ? Environment.LISTENERS : "plugin ";
      versions.put(what + jar.getFileName(), "sha256 " + sha256(jar));
    }
    return versions;
  }

  /**
   * One loader for each jar, so that two versions of one plugin are noticed, and not one of them
   * picked in silence. It stays open: classes are loaded through it as long as the run takes.
   */
  private static PluginLoader loader(Path jar) {
    try {
      return new PluginLoader(jar, CLASS_PATH);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Path> jarsIn(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.toString().endsWith(".jar") && Files.isRegularFile(file))
          .sorted()
          .toList();
    } catch (IOException | UncheckedIOException e) {
      throw new ProblemException(
          List.of(
              new Problem(
                  ProblemKind.INPUT,
                  Location.ofFile(folder.toString()),
                  "the folder cannot be read: " + e,
                  null)),
          e);
    }
  }

  /** A class loader passes over a broken jar without a word. */
  private static void check(Path jar, List<Problem> problems) {
    try (JarFile opened = new JarFile(jar.toFile())) {
      opened.getManifest();
    } catch (IOException e) {
      problems.add(
          new Problem(
              ProblemKind.INPUT,
              Location.ofFile(jar.toString()),
              "this is not a jar, or a broken one: " + e.getMessage(),
              "Copy it again, or remove it from the folder."));
    }
  }

  private static ProblemException notAFolder(String what) {
    return ProblemException.of(
        ProblemKind.CONFIGURATION,
        "--plugins: " + what,
        "Maybe the path is misspelled: it names a folder that holds the plugins' jars.");
  }

  private static String sha256(Path jar) {
    try {
      return Sha256.of(jar);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
