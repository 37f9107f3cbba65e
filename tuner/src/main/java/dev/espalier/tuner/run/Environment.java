package dev.espalier.tuner.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.config.ResolvedConfiguration;
import dev.espalier.config.ResolvedValue;
import dev.espalier.config.Source;
import dev.espalier.core.data.TaskSource.TaskData;
import dev.espalier.core.model.PretrainedModel;
import dev.espalier.tuner.prepare.BaselineSource;
import dev.espalier.tuner.prepare.Teacher;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** Where a run happens and what it is made from: the content of {@code environment.json}. */
public final class Environment {
  /**
   * Begins the name of a jar of run listeners among the libraries, in place of a version. Listeners
   * change no result, so a run may be resumed with others.
   */
  public static final String LISTENERS = "listeners ";

  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");
  private static final Set<String> VNNI_FLAGS = Set.of("avx512_vnni", "avx_vnni");

  private static final double GIB = 1 << 30;

  /** Of weights or a teacher: SHA-256 of the files beside, by name. */
  static final String FILES = "files";

  private static final String SOURCES = "sources";

  private Environment() {}

  /**
   * The machine and the versions for people, a line each: name, blanks, value.
   *
   * @param libraryVersions version by library, Espalier's own among them
   */
  public static List<String> describe(Map<String, String> libraryVersions) {
    return describe(libraryVersions, machine(libraryVersions));
  }

  /** As {@link #describe(Map)}, of a machine that {@link #machine(Map)} looked at. */
  static List<String> describe(Map<String, String> libraryVersions, JsonNode machine) {
    Map<String, String> lines = new LinkedHashMap<>(libraryVersions);
    JsonNode java = machine.path("java");
    lines.put(
        "java",
        "%s, %s, %s, heap up to %s"
            .formatted(
                java.path("version").asText(),
                java.path("vm").asText(),
                java.path("vendor").asText(),
                gib(java.path("max_heap_bytes"))));
    JsonNode os = machine.path("os");
    lines.put(
        "os",
        "%s %s, %s"
            .formatted(
                os.path("name").asText(),
                os.path("version").asText(),
                os.path("architecture").asText()));
    JsonNode cpu = machine.path("cpu");
    lines.put(
        "cpu",
        "%s, cores: %d, VNNI: %s"
            .formatted(
                cpu.path("model").asText("unknown"),
                cpu.path("cores").asInt(),
                cpu.path("vnni").isBoolean()
                    ? (cpu.path("vnni").asBoolean() ? "yes" : "no")
                    : "unknown"));
    lines.put("memory", gib(machine.path("memory_bytes")));
    int width = lines.keySet().stream().mapToInt(String::length).max().orElse(0);
    return lines.entrySet().stream()
        .map(e -> e.getKey() + " ".repeat(width - e.getKey().length() + 2) + e.getValue())
        .toList();
  }

  private static String gib(JsonNode bytes) {
    return String.format(Locale.ROOT, "%.1f GiB", bytes.asLong() / GIB);
  }

  /** The part that depends on the machine alone. */
  static ObjectNode machine(Map<String, String> libraryVersions) {
    return machine(libraryVersions, cpuInfo());
  }

  /** As {@link #machine(Map)}, with the lines of {@code /proc/cpuinfo} given. */
  static ObjectNode machine(Map<String, String> libraryVersions, List<String> cpuInfo) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("espalier", version());
    ObjectNode libraries = node.putObject("libraries");
    libraryVersions.forEach(libraries::put);
    node.putObject("java")
        .put("version", System.getProperty("java.runtime.version"))
        .put("vendor", System.getProperty("java.vendor"))
        .put("vm", System.getProperty("java.vm.name"))
        .put("max_heap_bytes", Runtime.getRuntime().maxMemory());
    node.putObject("os")
        .put("name", System.getProperty("os.name"))
        .put("version", System.getProperty("os.version"))
        .put("architecture", System.getProperty("os.arch"));
    cpu(node.putObject("cpu"), cpuInfo);
    node.putNull("gpu");
    node.put("memory_bytes", memory());
    return node;
  }

  /** Adds what the run is made from. */
  static void addInputs(
      ObjectNode node,
      ResolvedConfiguration resolved,
      PretrainedModel model,
      Optional<Teacher> teacher,
      TaskData sets,
      BaselineSource baseline) {
    node.putObject("seeds").put("random_seed", resolved.configuration().tuning().randomSeed());
    ObjectNode configuration = node.putObject("configuration");
    configuration.put("file", resolved.file().toString()).put("sha256", resolved.sha256());
    ArrayNode files = configuration.putArray("files");
    resolved.files().forEach(file -> files.add(file.toString()));
    ArrayNode assignments = configuration.putArray("assignments");
    resolved.assignments().forEach(assignments::add);
    ObjectNode values = configuration.putObject("values");
    resolved.values().forEach(value -> values.set(value.path(), value.value()));
    addSources(configuration, resolved);
    ObjectNode weights = node.putObject("weights");
    weights.put("source", model.reference()).put("sha256", model.sha256());
    files(weights, model.fileHashes());
    if (baseline instanceof BaselineSource.Checkpoint dense) {
      weights.putObject("baseline").put("source", dense.file().toString());
      weights.withObject("/baseline").put("sha256", dense.sha256());
    }
    teacher.ifPresent(
        known ->
            files(
                node.putObject("teacher")
                    .put("source", known.reference())
                    .put("sha256", known.identity()),
                known.fileHashes()));
    ObjectNode data = node.putObject("data");
    set(data.putObject("train"), sets.train());
    if (sets.ownCalibration() != null) {
      set(data.putObject("calibration"), sets.ownCalibration());
    }
    sets.evaluations().forEach(each -> set(data.putObject(each.set().name()), each.set()));
  }

  /** The files beside the weights, which decide what these mean; runs before had none. */
  private static void files(ObjectNode node, SortedMap<String, String> hashes) {
    ObjectNode files = node.putObject(FILES);
    hashes.forEach(files::put);
  }

  /** Which values are neither defaults nor from a file; a resume reads it back. */
  private static void addSources(ObjectNode configuration, ResolvedConfiguration resolved) {
    for (ResolvedValue value : resolved.values()) {
      if (value.source() == Source.ENVIRONMENT || value.source() == Source.COMMAND_LINE) {
        configuration.withObject("/" + SOURCES).put(value.path(), value.source().name());
      }
    }
  }

  /** Where a value came from that {@code environment.json} has; else null. */
  static @Nullable Source source(JsonNode environment, String path) {
    String name = environment.path("configuration").path(SOURCES).path(path).asText();
    return Arrays.stream(Source.values())
        .filter(source -> source.name().equals(name))
        .findFirst()
        .orElse(null);
  }

  private static void set(ObjectNode node, EncodedSet set) {
    node.put("source", set.source()).put("examples", set.size()).put("sha256", set.sha256());
  }

  private static void cpu(ObjectNode cpu, List<String> info) {
    Optional<Set<String>> flags =
        field(info, "flags").map(line -> Set.copyOf(List.of(line.strip().split("\\s+", -1))));
    cpu.put("model", field(info, "model name").orElse(null));
    cpu.put("cores", Runtime.getRuntime().availableProcessors());
    cpu.put("vnni", flags.map(set -> VNNI_FLAGS.stream().anyMatch(set::contains)).orElse(null));
  }

  /** Whether this machine's CPU is known to have VNNI. */
  static boolean hasVnni() {
    ObjectNode cpu = JsonNodeFactory.instance.objectNode();
    cpu(cpu, cpuInfo());
    return cpu.path("vnni").asBoolean(false);
  }

  private static Optional<String> field(List<String> info, String name) {
    return info.stream()
        .filter(line -> line.matches(name + "\\s*:.*"))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst();
  }

  private static List<String> cpuInfo() {
    try {
      return Files.isReadable(CPU_INFO) ? Files.readAllLines(CPU_INFO) : List.of();
    } catch (IOException e) {
      return List.of(); // the CPU stays unknown
    }
  }

  private static long memory() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean system
        ? system.getTotalMemorySize()
        : 0;
  }

  /** The version that Maven wrote into the jar; outside of a jar there is none. */
  private static String version() {
    try (InputStream in =
        Environment.class.getResourceAsStream(
            "/META-INF/maven/dev.espalier/espalier-tuner/pom.properties")) {
      Properties properties = new Properties();
      if (in != null) {
        properties.load(in);
      }
      return properties.getProperty("version", "development");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
