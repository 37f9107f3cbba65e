package dev.espalier.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.espalier.api.problem.ProblemException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Mutations of every file that is shipped, by a seed: nothing but a configuration or its problems
 * comes out, and within a second. The profile {@code fuzz} tries 100,000 of them in 512 MB.
 */
final class LoaderFuzzTest {
  private static final int INPUTS = Integer.getInteger("espalier.fuzz.inputs", 2000);
  private static final long SEED = Long.getLong("espalier.fuzz.seed", 20261123);
  private static final long MOST_MILLIS = 1000;

  /** Bytes of an input; four times what the loader takes. */
  private static final int LARGEST = 4_000_000;

  private static final Map<String, String> ENVIRONMENT = Map.of("HOME", "/home/me");
  private static final List<String> FRAGMENTS =
      List.of(
          "${env:HOME}",
          "${model.name}",
          "$${",
          "${",
          "${script:1}",
          "&a ",
          "*a",
          "<<: *a\n",
          "!!java.lang.Object ",
          "!Pruner ",
          "? ",
          "---\n",
          "...\n",
          "%YAML 9.9\n",
          "|\n",
          ">-\n",
          "'",
          "\"",
          "\"\\x00\"",
          "\t",
          "\r",
          "\u0000",
          "\u0085",
          "\u2028",
          "\uFEFF",
          "\u202E",
          "\uD83C\uDF33",
          "e\u0301",
          "\uFFFF",
          "- - - -",
          "{}",
          "[]",
          "null",
          "~",
          ".inf",
          ".nan",
          "-.inf",
          "0x7fffffffffffffff",
          "0o17",
          "1_000",
          "12:30:45",
          "2026-11-23",
          "9223372036854775808",
          "-1e400",
          "1e-400",
          "c:d",
          "file:x",
          "7%",
          "33.3333333333333333333333333%",
          "1E+999999999");

  private final Random random = new Random(SEED);

  static Stream<Arguments> muchOfOneThing() {
    String pruner = "        - prune_type: magnitude\n";
    String name = "name: quickstart";
    return Stream.of(
        Arguments.of("entries", pruner, pruner.repeat(20_000)),
        Arguments.of("unknown keys", "model:\n", counted("key%d: 1\n", 40_000) + "model:\n"),
        Arguments.of("one key", "model:\n", "model:\n".repeat(40_000)),
        Arguments.of("a long key", "model:\n", "? " + "k".repeat(900_000) + "\n: 1\nmodel:\n"),
        Arguments.of(
            "parameters",
            pruner,
            pruner + "          parameters:\n" + counted("            p%d: 1\n", 30_000)),
        Arguments.of(
            "references",
            pruner,
            pruner
                + "          names:\n"
                + "            - \"${model.name}${env:NO}\"\n".repeat(20_000)),
        Arguments.of("dollars", name, "name: " + "${".repeat(400_000)),
        Arguments.of("a path", name, "name: ${" + "a[1].".repeat(150_000) + "}"),
        Arguments.of("digits", "max_steps: 400", "max_steps: " + "9".repeat(900_000)),
        Arguments.of("tags", name, "name: [" + "!x a,".repeat(90_000) + "]"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("muchOfOneThing")
  void much_of_one_thing_is_no_slower(String what, String where, String much) throws IOException {
    String yaml = Files.readString(Path.of("../yaml-configs/quickstart.yaml")).replace(where, much);
    byte[] input = yaml.getBytes(StandardCharsets.UTF_8);
    long fastest = Long.MAX_VALUE;
    for (int tries = 0; tries < 3 && fastest >= MOST_MILLIS; tries++) {
      long start = cpuNanos();
      load(null, input, List.of());
      fastest = Math.min(fastest, (cpuNanos() - start) / 1_000_000);
    }
    assertThat(input).hasSizeBetween(100_000, 1_000_000);
    assertThat(fastest).as("ms").isLessThan(MOST_MILLIS);
  }

  private static String counted(String format, int times) {
    return IntStream.range(0, times).mapToObj(format::formatted).collect(Collectors.joining());
  }

  @Test
  void mutated_files_are_loaded_or_refused_and_never_slowly() throws IOException {
    List<byte[]> seeds = seeds();
    long slowest = 0;
    int loaded = 0;
    int again = 0;
    for (int i = 0; i < INPUTS; i++) {
      byte[] input = mutated(seeds);
      byte[] under = random.nextInt(8) == 0 ? seeds.get(random.nextInt(seeds.size())) : null;
      List<String> assignments = random.nextInt(8) == 0 ? assignment(input) : List.of();
      long fastest = Long.MAX_VALUE;
      boolean valid = false;
      // A cold JVM or a busy machine makes an input slow once; a slow loader does so each time.
      for (int tries = 0; tries < 3 && fastest >= MOST_MILLIS; tries++) {
        long start = cpuNanos();
        try {
          valid = load(under, input, assignments);
        } catch (Throwable e) {
          throw new AssertionError(described(i, input, under, assignments), e);
        }
        fastest = Math.min(fastest, (cpuNanos() - start) / 1_000_000);
        again += tries > 0 ? 1 : 0;
      }
      loaded += valid ? 1 : 0;
      slowest = Math.max(slowest, fastest);
      if (fastest >= MOST_MILLIS) {
        throw new AssertionError(fastest + " ms: " + described(i, input, under, assignments));
      }
    }
    System.out.printf(
        "fuzz: %d inputs, seed %d, %d valid, slowest %d ms, %d tried again, heap limit %d MB%n",
        INPUTS, SEED, loaded, slowest, again, Runtime.getRuntime().maxMemory() >> 20);
    assertThat(loaded).isPositive().isLessThan(INPUTS);
  }

  /** Whether it is a configuration; then its resolved form has to be the same one. */
  private static boolean load(byte[] under, byte[] input, List<String> assignments) {
    List<ConfigurationLoader.Text> texts = new ArrayList<>();
    if (under != null) {
      texts.add(text(under));
    }
    texts.add(text(input));
    ResolvedConfiguration resolved;
    try {
      resolved = load(texts, assignments);
    } catch (ProblemException e) {
      assertThat(e.problems()).isNotEmpty().allMatch(problem -> !problem.toString().isBlank());
      return false;
    }
    String yaml = resolved.toYaml();
    ResolvedConfiguration again =
        load(List.of(text(yaml.getBytes(StandardCharsets.UTF_8))), List.of());
    assertThat(again.configuration()).as(yaml).isEqualTo(resolved.configuration());
    return true;
  }

  private static ResolvedConfiguration load(
      List<ConfigurationLoader.Text> texts, List<String> assignments) {
    return new ConfigurationLoader()
        .load(texts, assignments, ENVIRONMENT, draft -> List.of(), new ArrayList<>());
  }

  private static ConfigurationLoader.Text text(byte[] content) {
    return new ConfigurationLoader.Text(Path.of("fuzz.yaml"), ByteBuffer.wrap(content));
  }

  private static List<byte[]> seeds() throws IOException {
    List<byte[]> seeds = new ArrayList<>();
    for (String folder : List.of("../yaml-configs", "../examples")) {
      try (Stream<Path> files = Files.walk(Path.of(folder))) {
        for (Path file : files.filter(f -> f.toString().endsWith(".yaml")).sorted().toList()) {
          seeds.add(Files.readAllBytes(file));
        }
      }
    }
    assertThat(seeds).hasSizeGreaterThan(5);
    return seeds;
  }

  private byte[] mutated(List<byte[]> seeds) {
    byte[] input = seeds.get(random.nextInt(seeds.size())).clone();
    for (int edits = random.nextInt(4); edits >= 0; edits--) {
      int at = random.nextInt(input.length + 1);
      int to = at + random.nextInt(Math.min(64, input.length - at) + 1);
      input =
          switch (random.nextInt(11)) {
            case 0 -> flipped(input);
            case 1 -> splice(input, at, to, new byte[0]);
            case 2 -> splice(input, at, at, Arrays.copyOfRange(input, at, to));
            case 3 -> crossed(input, at, seeds);
            case 4 -> splice(input, at, to, fragment().getBytes(StandardCharsets.UTF_8));
            case 5 -> afterAColon(input, fragment());
            case 6 -> afterAColon(input, nested());
            case 7 -> afterAColon(input, number());
            case 8 -> afterAColon(input, aliases());
            case 9 -> lines(input);
            default -> splice(input, at, at, character().getBytes(StandardCharsets.UTF_8));
          };
    }
    return input;
  }

  private String fragment() {
    return FRAGMENTS.get(random.nextInt(FRAGMENTS.size()));
  }

  private byte[] flipped(byte[] input) {
    if (input.length > 0) {
      input[random.nextInt(input.length)] ^= (byte) (1 << random.nextInt(8));
    }
    return input;
  }

  private byte[] crossed(byte[] input, int at, List<byte[]> seeds) {
    byte[] other = seeds.get(random.nextInt(seeds.size()));
    int from = random.nextInt(other.length);
    int to = from + random.nextInt(other.length - from);
    return splice(input, at, at, Arrays.copyOfRange(other, from, to));
  }

  /** Whole lines, moved or said many times. */
  private byte[] lines(byte[] input) {
    List<String> lines =
        new ArrayList<>(new String(input, StandardCharsets.ISO_8859_1).lines().toList());
    if (lines.isEmpty()) {
      return input;
    }
    String line = lines.remove(random.nextInt(lines.size()));
    int wished = random.nextInt(20) == 0 ? random.nextInt(20_000) : random.nextInt(4);
    int times = Math.min(wished, LARGEST / (line.length() + 1)); // it may be a repetition itself
    lines.add(random.nextInt(lines.size() + 1), (line + "\n").repeat(times));
    return String.join("\n", lines).getBytes(StandardCharsets.ISO_8859_1);
  }

  private byte[] afterAColon(byte[] input, String text) {
    List<Integer> colons = new ArrayList<>();
    for (int i = 0; i < input.length; i++) {
      if (input[i] == ':') {
        colons.add(i + 1);
      }
    }
    int at = colons.isEmpty() ? 0 : colons.get(random.nextInt(colons.size()));
    int end = at;
    while (random.nextBoolean() && end < input.length && input[end] != '\n') {
      end++;
    }
    return splice(input, at, end, (" " + text).getBytes(StandardCharsets.UTF_8));
  }

  private String nested() {
    String open = List.of("[", "{a: ", "- ", "{[", "? ", "\"").get(random.nextInt(6));
    int depth = random.nextInt(4) == 0 ? random.nextInt(100_000) : random.nextInt(120);
    String close = random.nextBoolean() ? "" : (open.startsWith("[") ? "]" : "}").repeat(depth);
    return open.repeat(depth) + close;
  }

  private String number() {
    int digits = random.nextInt(4) == 0 ? random.nextInt(100_000) : random.nextInt(400);
    String number = (random.nextBoolean() ? "-" : "") + (1 + random.nextInt(9));
    return number
        + "0".repeat(digits)
        + (random.nextBoolean() ? "." + "3".repeat(random.nextInt(50)) : "")
        + (random.nextBoolean() ? "e" + (random.nextInt(2000) - 1000) : "");
  }

  private String aliases() {
    StringBuilder chain = new StringBuilder("\n  - &a0 [x, x, x, x]\n");
    int links = 1 + random.nextInt(40);
    int copies = 1 + random.nextInt(12);
    for (int i = 1; i < links; i++) {
      chain.append("  - &a").append(i).append(" [");
      chain.append(("*a" + (i - 1) + ", ").repeat(copies)).append("y]\n");
    }
    return chain.toString();
  }

  private String character() {
    int point = random.nextInt(random.nextBoolean() ? 0x300 : 0x110000);
    return point >= 0xD800 && point <= 0xDFFF ? "?" : Character.toString(point);
  }

  private List<String> assignment(byte[] input) {
    String text = new String(input, StandardCharsets.ISO_8859_1);
    int from = random.nextInt(text.length() + 1);
    String value = text.substring(from, Math.min(text.length(), from + random.nextInt(40)));
    String path =
        List.of(
                "pruning.train.epochs",
                "pruning.approach.weight_compression.pruners",
                "pruning.approach.weight_compression.pruners[0].names",
                "pruning.approach.weight_compression.pruners[1].parameters.x",
                "model",
                "model.name[3]",
                fragment())
            .get(random.nextInt(7));
    return List.of(path + "=" + value);
  }

  private static byte[] splice(byte[] input, int from, int to, byte[] between) {
    ByteBuffer out = ByteBuffer.allocate(input.length - (to - from) + between.length);
    return out.put(input, 0, from).put(between).put(input, to, input.length - to).array();
  }

  private static String described(int i, byte[] input, byte[] under, List<String> assignments) {
    byte[] shown = Arrays.copyOf(input, Math.min(input.length, 4000));
    return "input %d of seed %d, %d bytes, over %s, with %s:%n%s%n%s"
        .formatted(
            i,
            SEED,
            input.length,
            under == null
                ? "nothing"
                : new String(under, StandardCharsets.UTF_8).lines().findFirst(),
            assignments,
            new String(shown, StandardCharsets.UTF_8),
            HexFormat.of().formatHex(shown));
  }

  /** Processor time of this thread: a busy machine must not fail a test. */
  private static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }
}
