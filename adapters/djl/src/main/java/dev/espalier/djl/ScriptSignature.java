package dev.espalier.djl;

import dev.espalier.api.problem.ProblemException;
import dev.espalier.checkpoints.BrokenFile;
import dev.espalier.core.model.TorchScript.Input;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * What a TorchScript file says of its {@code forward}, read from the archive without running
 * anything. The engine knows the arguments, but does not tell.
 *
 * <p>The archive is a zip: {@code data.pkl} begins with the name of the model's class, and {@code
 * code/} holds the classes in a subset of Python. That knows no imports and no open files, but two
 * operators that take a path, for which the whole code is searched.
 */
final class ScriptSignature {
  /** Generated code of a large model has a tenth of it. */
  private static final int MAX_CODE = 64 << 20;

  /** {@code torch.save} and {@code torch.from_file}, however they are come by. */
  private static final Pattern FILE_ACCESS = Pattern.compile("[.\"']\\s*(save|from_file)\\b");

  /** A pickle of protocol 2 that begins with a class of the archive's code. */
  private static final Pattern ROOT = Pattern.compile("\\A\\x80.c(__torch__[\\w.]*)\\n(\\w+)\\n");

  private static final Map<String, Input> NAMES =
      Map.of(
          "input_ids", Input.INPUT_IDS,
          "attention_mask", Input.ATTENTION_MASK,
          "token_type_ids", Input.TOKEN_TYPE_IDS);

  /** An argument of forward. */
  private record Argument(String name, boolean optional) {}

  private ScriptSignature() {}

  /**
   * The inputs that a model takes: by the names of the arguments, or by their places when these
   * names say nothing.
   *
   * @throws ProblemException of kind INPUT when the file is missing or no TorchScript, when its
   *     program reads or writes files, or when it takes something else
   */
  static List<Input> inputs(Path file) {
    if (!Files.isRegularFile(file)) {
      throw BrokenFile.missing(file, "there is no such file", null);
    }
    List<Argument> arguments = arguments(code(file), file);
    List<Input> named = new ArrayList<>();
    for (Argument argument : arguments) {
      Input input = NAMES.get(argument.name());
      if (input == null) {
        break;
      }
      named.add(input);
    }
    if (arguments.stream().skip(named.size()).allMatch(Argument::optional) && !named.isEmpty()) {
      return named;
    }
    List<Argument> required = arguments.stream().filter(each -> !each.optional()).toList();
    boolean unnamed = required.stream().noneMatch(each -> NAMES.containsKey(each.name()));
    if (unnamed && !required.isEmpty() && required.size() <= Input.values().length) {
      return List.of(Input.values()).subList(0, required.size());
    }
    throw BrokenFile.file(
        file,
        "its forward takes "
            + arguments.stream().map(Argument::name).toList()
            + "; a text model is given input_ids, attention_mask and token_type_ids, in this order"
            + " where it has other names for them",
        "Wrap it in a module whose forward takes these, or the first of them, and trace that.",
        null);
  }

  /** The source of the model's class, from its name on. */
  private static String code(Path file) {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      ZipEntry data =
          zip.stream()
              .filter(entry -> entry.getName().matches("[^/]+/data\\.pkl"))
              .findFirst()
              .orElseThrow(() -> noScript(file, "the archive has no data.pkl"));
      Matcher root = ROOT.matcher(text(zip, data, 4096));
      if (!root.find()) {
        throw noScript(file, "it holds tensors, and no program");
      }
      checkCode(zip, file);
      String folder = data.getName().substring(0, data.getName().indexOf('/') + 1);
      String path = folder + "code/" + root.group(1).replace('.', '/') + ".py";
      ZipEntry source = zip.getEntry(path);
      if (source == null) {
        throw noScript(file, "the archive has no " + path);
      }
      String code = text(zip, source, MAX_CODE);
      int begins = code.indexOf("class " + root.group(2) + "(");
      if (begins < 0) {
        throw noScript(file, path + " has no class " + root.group(2));
      }
      return code.substring(begins);
    } catch (IOException | IllegalArgumentException broken) {
      throw BrokenFile.file(
          file,
          "is no TorchScript file: " + broken.getMessage(),
          "Save the model with torch.jit.trace(model, inputs).save(file).",
          broken);
    }
  }

  private static void checkCode(ZipFile zip, Path file) throws IOException {
    Set<String> names = new HashSet<>();
    int left = MAX_CODE;
    for (ZipEntry entry : Collections.list(zip.entries())) {
      if (!names.add(entry.getName())) {
        throw noScript(file, "the archive has " + entry.getName() + " twice");
      }
      if (entry.getName().endsWith(".py")) {
        String code = text(zip, entry, left + 1);
        left -= code.length();
        if (left < 0) {
          throw noScript(file, "it has more than " + MAX_CODE + " bytes of code");
        }
        Matcher access = FILE_ACCESS.matcher(code);
        if (access.find()) {
          throw BrokenFile.file(
              file,
              "its program uses "
                  + access.group(1)
                  + ", which reads or writes files ("
                  + entry
                  + ")",
              "A model that scores texts needs none: do not use this file.",
              null);
        }
      }
    }
  }

  private static String text(ZipFile zip, ZipEntry entry, int most) throws IOException {
    try (InputStream in = zip.getInputStream(entry)) {
      return new String(in.readNBytes(most), StandardCharsets.ISO_8859_1);
    }
  }

  /** Those of the class's forward, without the model itself. */
  private static List<Argument> arguments(String code, Path file) {
    Matcher forward = Pattern.compile("\\n  def forward\\(").matcher(code);
    Matcher next = Pattern.compile("\\nclass ").matcher(code);
    if (!forward.find() || (next.find() && next.start() < forward.start())) {
      throw noScript(file, "its class has no forward");
    }
    List<Argument> arguments = new ArrayList<>();
    StringBuilder argument = new StringBuilder();
    int depth = 0;
    for (int i = forward.end(); i < code.length() && depth >= 0; i++) {
      char c = code.charAt(i);
      depth += c == '(' || c == '[' ? 1 : c == ')' || c == ']' ? -1 : 0;
      if (depth < 0 || (depth == 0 && c == ',')) {
        String text = argument.toString().strip();
        if (!text.isEmpty()) {
          arguments.add(new Argument(text.replaceFirst("(?s):.*", ""), text.contains("=")));
        }
        argument.setLength(0);
      } else {
        argument.append(c);
      }
    }
    if (depth >= 0 || arguments.isEmpty()) {
      throw noScript(file, "its forward has no arguments");
    }
    return arguments.subList(1, arguments.size());
  }

  private static ProblemException noScript(Path file, String why) {
    return BrokenFile.file(
        file,
        "is no TorchScript file: " + why,
        "Save the model with torch.jit.trace(model, inputs).save(file); a file of weights alone"
            + " needs a Hugging Face folder with config.json around it.",
        null);
  }
}
