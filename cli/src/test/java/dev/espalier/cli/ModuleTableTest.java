package dev.espalier.cli;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Holds the "may depend on" column of the design page's module table, and the rules that keep
 * gradients right and runs repeatable. The command line is where it is tested, because it alone has
 * every module on its class path.
 *
 * <p>The rules are plain JUnit tests: Surefire neither counts nor reports ArchUnit's rule fields,
 * so a broken rule would not break the build.
 */
final class ModuleTableTest {
  private static final JavaClasses ESPALIER =
      new ClassFileImporter()
          .withImportOption(new DoNotIncludeTests())
          .withImportOption(location -> !location.contains("-tests.jar"))
          .importPackages("dev.espalier");

  private static final String API = "dev.espalier.api..";
  private static final String TESTKIT = "dev.espalier.testkit..";
  private static final String PRUNERS = "dev.espalier.pruners..";
  private static final String TASKS = "dev.espalier.tasks..";
  private static final String CORE = "dev.espalier.core..";
  private static final String CONFIG = "dev.espalier.config..";
  private static final String CONFIG_LPOT = "dev.espalier.config.lpot..";
  private static final String FOREIGN_FORMATS = "dev.espalier.config.foreign..";
  private static final String TUNER = "dev.espalier.tuner..";
  private static final String CHECKPOINTS = "dev.espalier.checkpoints..";
  private static final String DJL_ADAPTER = "dev.espalier.djl..";
  private static final String ONNX_ADAPTER = "dev.espalier.onnxruntime..";
  private static final String ARCHIVE = "dev.espalier.archive..";
  private static final String CLI = "dev.espalier.cli..";

  private static final String DJL = "ai.djl..";
  private static final String[] ONNX = {"ai.onnxruntime..", "ai.onnx.."};

  // The table: what a module may use of the project, and, where the list is closed, of the world.

  @Test
  void pluginApiUsesTheJdkAlone() {
    holds(module(API).usesNothingBut());
  }

  @Test
  void testkitUsesTheApiJunitAndAssertj() {
    holds(module(TESTKIT).usesNothingBut(API, "org.junit..", "org.assertj.."));
  }

  @Test
  void prunersUseTheApiAlone() {
    holds(module(PRUNERS).usesNothingBut(API));
  }

  @Test
  void tasksUseTheApiCoreTokenizersCsvParquetAndJackson() {
    holds(
        module(TASKS)
            .usesNothingBut(
                API,
                CORE,
                DJL,
                "org.apache.commons.csv..",
                "blue.strategic.parquet..",
                "org.apache.parquet..",
                "com.fasterxml.jackson.."));
  }

  /** So no class of it knows a YAML key, an engine or a file format. */
  @Test
  void coreUsesTheApiAlone() {
    holds(module(CORE).usesNothingBut(API));
  }

  @Test
  void configUsesTheApiCoreAndItsParsers() {
    holds(
        module(CONFIG)
            .usesNothingBut(
                API,
                CORE,
                "com.fasterxml.jackson..",
                "org.yaml.snakeyaml..",
                "org.apache.commons.configuration2.."));
  }

  @Test
  void lpotUsesTheApiForeignFormatsAndJackson() {
    holds(module(CONFIG_LPOT).usesNothingBut(API, FOREIGN_FORMATS, "com.fasterxml.jackson.."));
  }

  /** So that the folder can be deleted. */
  @Test
  void nobodyUsesLpot() {
    holds(
        noClasses()
            .that()
            .resideOutsideOfPackage(CONFIG_LPOT)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(CONFIG_LPOT));
  }

  @Test
  void tunerUsesTheApiCoreAndConfig() {
    holds(module(TUNER).usesOfEspalier(API, CORE, CONFIG));
  }

  @Test
  void checkpointsUseTheApiCoreAndJackson() {
    holds(module(CHECKPOINTS).usesNothingBut(API, CORE, "com.fasterxml.jackson.."));
  }

  @Test
  void archiveUsesTheApiAndCore() {
    holds(module(ARCHIVE).usesNothingBut(API, CORE));
  }

  @Test
  void djlAdapterUsesTheApiCoreAndCheckpoints() {
    holds(module(DJL_ADAPTER).usesOfEspalier(API, CORE, CHECKPOINTS));
  }

  @Test
  void onnxruntimeAdapterUsesTheApiAndCore() {
    holds(module(ONNX_ADAPTER).usesOfEspalier(API, CORE));
  }

  @Test
  void packagesHaveNoCycles() {
    holds(slices().matching("dev.espalier.(**)").should().beFreeOfCycles());
  }

  @Test
  void nobodyUsesTheCli() {
    holds(
        noClasses()
            .that()
            .resideOutsideOfPackage(CLI)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(CLI)
            .allowEmptyShould(true));
  }

  @Test
  void onlyTheDjlAdapterAndTokenizersUseDjl() {
    holds(
        noClasses()
            .that()
            .resideOutsideOfPackages(DJL_ADAPTER, TASKS)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(DJL)
            .allowEmptyShould(true));
  }

  @Test
  void onlyTheOnnxruntimeAdapterUsesOnnx() {
    holds(
        noClasses()
            .that()
            .resideOutsideOfPackage(ONNX_ADAPTER)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(ONNX)
            .allowEmptyShould(true));
  }

  // What holds in every module.

  @Test
  void onlyTheCliPrints() {
    holds(
        noClasses()
            .that()
            .resideOutsideOfPackage(CLI)
            // They print nothing: they set back the streams that a plugin has replaced.
            .and()
            .doNotHaveSimpleName("Surroundings")
            .and()
            .doNotHaveSimpleName("ListenerContract")
            .should(ACCESS_STANDARD_STREAMS)
            .allowEmptyShould(true));
  }

  @Test
  void randomnessHasASeed() {
    holds(
        noClasses()
            .should()
            .callMethod(Math.class, "random")
            .orShould()
            .callMethod(ThreadLocalRandom.class, "current")
            .orShould()
            .callMethod(Collections.class, "shuffle", List.class)
            .orShould()
            .callConstructor(Random.class)
            .orShould()
            .callConstructor(SplittableRandom.class)
            .because("a run must be repeatable by its seed")
            .allowEmptyShould(true));
  }

  // The training path.

  @Test
  void noDjlScalarArithmetic() {
    holds(TrainingPath.NO_SCALAR_ARITHMETIC);
  }

  @Test
  void noDjlLosses() {
    holds(TrainingPath.NO_DJL_LOSSES);
  }

  /** A rule about an empty set of classes holds; this says that the set is not empty by mistake. */
  @Test
  void seesTheModules() {
    for (String seen :
        new String[] {API, TESTKIT, PRUNERS, CORE, CONFIG, CONFIG_LPOT, TUNER, CHECKPOINTS, CLI}) {
      classes()
          .that()
          .resideInAPackage(seen)
          .should()
          .haveNameMatching(".+")
          .allowEmptyShould(false)
          .check(ESPALIER);
    }
  }

  private static void holds(ArchRule rule) {
    rule.check(ESPALIER);
  }

  private static Module module(String packages) {
    return new Module(packages);
  }

  /** The left column of the table. */
  private record Module(String packages) {
    private static final String[] JDK = {"java..", "javax..", "org.jspecify.."};

    /** Of everything there is, only the JDK, nullness annotations and {@code others}. */
    ArchRule usesNothingBut(String... others) {
      String[] allowed =
          Stream.of(Stream.of(packages), Arrays.stream(JDK), Arrays.stream(others))
              .flatMap(all -> all)
              .toArray(String[]::new);
      return classes()
          .that()
          .resideInAPackage(packages)
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(allowed)
          .allowEmptyShould(true);
    }

    /** Of the project, only {@code others}; libraries are for the pom to say. */
    ArchRule usesOfEspalier(String... others) {
      String[] allowed =
          Stream.concat(Stream.of(packages), Arrays.stream(others)).toArray(String[]::new);
      return noClasses()
          .that()
          .resideInAPackage(packages)
          .should()
          .dependOnClassesThat(
              resideInAPackage("dev.espalier..").and(resideOutsideOfPackages(allowed)))
          .allowEmptyShould(true);
    }
  }
}
