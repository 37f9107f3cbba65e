package dev.espalier.djl;

import static dev.espalier.core.model.TorchScript.Input.ATTENTION_MASK;
import static dev.espalier.core.model.TorchScript.Input.INPUT_IDS;
import static dev.espalier.core.model.TorchScript.Input.TOKEN_TYPE_IDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.core.model.TorchScript.Input;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScriptSignatureTest {
  private static final long SEED = 20_261_126;

  @TempDir Path directory;

  static Stream<Arguments> forwards() {
    return Stream.of(
        Arguments.of(List.of("input_ids"), List.of(INPUT_IDS)),
        Arguments.of(List.of("input_ids", "attention_mask"), List.of(INPUT_IDS, ATTENTION_MASK)),
        Arguments.of(
            List.of("input_ids", "token_type_ids", "attention_mask"),
            List.of(INPUT_IDS, TOKEN_TYPE_IDS, ATTENTION_MASK)),
        Arguments.of(
            List.of("tokens", "mask", "argument_3"),
            List.of(INPUT_IDS, ATTENTION_MASK, TOKEN_TYPE_IDS)),
        Arguments.of(List.of("x", "scale: float=1."), List.of(INPUT_IDS)),
        Arguments.of(
            List.of("input_ids", "attention_mask: Optional[Tensor]=None", "labels: Tensor=None"),
            List.of(INPUT_IDS, ATTENTION_MASK)),
        Arguments.of(
            List.of("input_ids", "cache: Optional[Dict[str, List[Tensor]]]=None"),
            List.of(INPUT_IDS)));
  }

  @ParameterizedTest(name = "forward({0})")
  @MethodSource("forwards")
  @DisplayName("inputs go by the names of forward's arguments, or else by their places")
  void inputs(List<String> arguments, List<Input> inputs) {
    assertThat(ScriptSignature.inputs(script(arguments.toArray(String[]::new)))).isEqualTo(inputs);
  }

  static Stream<Arguments> others() {
    return Stream.of(
        Arguments.of(List.of("input_ids", "pixels")),
        Arguments.of(List.of("a", "b", "c", "d")),
        Arguments.of(List.of("mask", "input_ids")),
        Arguments.of(List.of()));
  }

  @ParameterizedTest(name = "forward({0})")
  @MethodSource("others")
  @DisplayName("a forward that takes what a text does not have is refused with its arguments")
  void takesSomethingElse(List<String> arguments) {
    Path file = script(arguments.toArray(String[]::new));
    assertThatThrownBy(() -> ScriptSignature.inputs(file))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> assertThat(e.problems().get(0).kind()).isEqualTo(ProblemKind.INPUT))
        .hasMessageContaining("its forward takes " + arguments)
        .hasMessageContaining("input_ids, attention_mask and token_type_ids");
  }

  static Stream<Arguments> files() {
    return Stream.of(
        Arguments.of("no zip", Map.of(), "is no TorchScript file"),
        Arguments.of("no pickle", Map.of("m/x", "y"), "the archive has no data.pkl"),
        Arguments.of(
            "tensors alone",
            Map.of("m/data.pkl", "\u0080\u0002}q\0."),
            "it holds tensors, and no program"),
        Arguments.of(
            "no code",
            Map.of("m/data.pkl", "\u0080\u0002c__torch__.a.b\nNet\n)"),
            "the archive has no m/code/__torch__/a/b.py"),
        Arguments.of(
            "another class",
            Map.of(
                "m/data.pkl", "\u0080\u0002c__torch__\nNet\n)",
                "m/code/__torch__.py", "class Other(Module):\n"),
            "m/code/__torch__.py has no class Net"),
        Arguments.of(
            "no forward",
            Map.of(
                "m/data.pkl", "\u0080\u0002c__torch__\nNet\n)",
                "m/code/__torch__.py",
                    "class Net(Module):\nclass Other(Module):\n  def forward(self) -> int:\n"),
            "its class has no forward"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("files")
  @DisplayName("what is no TorchScript file is refused, with what is missing and what to do")
  void noScript(String name, Map<String, String> entries, String message) throws IOException {
    Path file = directory.resolve("model.pt");
    if (entries.isEmpty()) {
      Files.writeString(file, "not a zip");
    } else {
      try (OutputStream out = Files.newOutputStream(file);
          ZipOutputStream zip = new ZipOutputStream(out)) {
        for (Map.Entry<String, String> entry : entries.entrySet()) {
          zip.putNextEntry(new ZipEntry(entry.getKey()));
          zip.write(entry.getValue().getBytes(StandardCharsets.ISO_8859_1));
          zip.closeEntry();
        }
      }
    }
    assertThatThrownBy(() -> ScriptSignature.inputs(file))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining(message)
        .hasMessageContaining("model.pt")
        .hasMessageContaining("torch.jit.trace(model, inputs).save(file)");
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "torch.save(input_ids, \"/tmp/x\")",
        "t = torch\n    t.save(input_ids, \"/tmp/x\")",
        "ops.aten.save(input_ids, \"/tmp/x\")",
        "x = torch . from_file(\"/etc/passwd\", False, 10)",
        "x = getattr(torch, \"from_file\")(\"/etc/passwd\", False, 10)"
      })
  @DisplayName("a program that reads or writes files is refused before libtorch sees it")
  void fileAccess(String statement) {
    Path file =
        TinyScript.write(
            directory.resolve("evil.pt"),
            TinyScript.parameters(2, 1),
            Map.of(),
            "  def forward(self, input_ids: Tensor) -> Tensor:\n    "
                + statement
                + "\n    return input_ids\n");
    assertThatThrownBy(() -> ScriptModels.load(file))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("which reads or writes files (tiny/code/__torch__.py)")
        .hasMessageContaining("do not use this file");
  }

  @Test
  @DisplayName("whatever bytes are changed, cut off or repeated, nothing is thrown but problems")
  void fuzz() throws IOException {
    byte[] whole = Files.readAllBytes(script("input_ids", "attention_mask"));
    SplittableRandom random = new SplittableRandom(SEED);
    Path file = directory.resolve("mutated.pt");
    int refused = 0;
    for (int i = 0; i < 3_000; i++) {
      byte[] bytes = Arrays.copyOf(whole, 1 + random.nextInt(whole.length));
      if (random.nextInt(4) > 0) {
        bytes = whole.clone();
      }
      for (int change = random.nextInt(12); change >= 0; change--) {
        // names and sizes of the archive are at its end, the program in the middle
        int at = random.nextBoolean() ? bytes.length - 1 - random.nextInt(bytes.length / 3 + 1) : 0;
        bytes[at == 0 ? random.nextInt(bytes.length) : at] = (byte) random.nextInt(256);
      }
      Files.write(file, bytes);
      try {
        assertThat(ScriptSignature.inputs(file)).isNotEmpty();
      } catch (ProblemException problem) {
        refused++;
      } catch (RuntimeException bug) {
        throw new AssertionError("mutation " + i + " of seed " + SEED, bug);
      }
    }
    assertThat(refused).as("seed %d", SEED).isBetween(500, 2_999);
  }

  @Test
  @DisplayName("a missing file is said to be missing")
  void missing() {
    assertThatThrownBy(() -> ScriptSignature.inputs(directory.resolve("none.pt")))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("there is no such file");
  }

  private Path script(String... arguments) {
    return TinyScript.write(
        directory.resolve("tiny.pt"),
        TinyScript.parameters(2, 1),
        Map.of(),
        TinyScript.forward(arguments));
  }
}
