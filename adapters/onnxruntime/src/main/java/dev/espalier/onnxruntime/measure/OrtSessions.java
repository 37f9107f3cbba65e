package dev.espalier.onnxruntime.measure;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import dev.espalier.api.data.Batch;
import dev.espalier.api.data.Head;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Opens and runs ONNX Runtime sessions, turning what ONNX Runtime throws into problems. */
public final class OrtSessions {
  private static final List<String> LOGITS = List.of("logits");
  private static final List<String> SPANS = List.of("start_logits", "end_logits");

  private final Supplier<OrtEnvironment> environments;

  /**
   * Sessions of an environment.
   *
   * @param environments gets the environment; the first call loads the native library
   */
  public OrtSessions(Supplier<OrtEnvironment> environments) {
    this.environments = environments;
  }

  /** Sets options before a session is opened. */
  @FunctionalInterface
  public interface Settings {
    /** Sets them. */
    void apply(SessionOptions options) throws OrtException;
  }

  /**
   * Opens a file by its path, which the caller closes.
   *
   * @throws ProblemException of kind INPUT when ONNX Runtime can't load the file, ENVIRONMENT when
   *     its native library can't be loaded or memory doesn't suffice
   */
  OrtSession open(Path file, Settings settings) {
    return open(file, file, settings);
  }

  /**
   * Opens a file that stands for another one: a temporary copy with more outputs, for instance.
   *
   * @param known what problems call it
   * @throws ProblemException as {@link #open(Path, Settings)}
   */
  public OrtSession open(Path file, Path known, Settings settings) {
    if (!Files.isReadable(file)) {
      throw problem(ProblemKind.INPUT, known, "there is no such file", null);
    }
    OrtEnvironment environment = environment();
    try (SessionOptions options = new SessionOptions()) {
      settings.apply(options);
      return environment.createSession(file.toString(), options);
    } catch (OrtException broken) {
      throw problem(kind(broken), known, "ONNX Runtime can't load it: " + oneLine(broken), broken);
    }
  }

  /** The outputs that a model with such a head has. */
  static List<String> outputs(Head head) {
    return head instanceof Head.Spans ? SPANS : LOGITS;
  }

  /**
   * Runs a model.
   *
   * @param outputs what to return; of a single one the file's first output may have another name
   * @return matrices of [rows, classes], or of [rows, columns] for spans
   * @throws ProblemException of kind INPUT when the file wants other inputs than a BERT model has,
   *     or answers with something else than matrices
   */
  List<float[][]> run(OrtSession session, Path file, Batch batch, List<String> outputs) {
    List<OnnxTensor> opened = new ArrayList<>();
    try {
      Map<String, OnnxTensor> inputs = new HashMap<>();
      for (String name : session.getInputNames()) {
        OnnxTensor tensor = tensor(values(name, file, batch), batch);
        opened.add(tensor);
        inputs.put(name, tensor);
      }
      try (OrtSession.Result result = session.run(inputs)) {
        List<float[][]> matrices = new ArrayList<>();
        for (String name : outputs) {
          Optional<OnnxValue> found = result.get(name);
          OnnxValue value =
              found.isEmpty() && outputs.size() == 1 ? result.get(0) : found.orElse(null);
          if (value == null || !(value.getValue() instanceof float[][] matrix)) {
            throw problem(
                ProblemKind.INPUT,
                file,
                "should have an output "
                    + name
                    + " of type float32, "
                    + (outputs.equals(SPANS) ? "[batch, sequence]" : "[batch, classes]"),
                null);
          }
          matrices.add(matrix);
        }
        return matrices;
      }
    } catch (OrtException failed) {
      throw running(file, failed);
    } finally {
      opened.forEach(OnnxTensor::close);
    }
  }

  /** What to throw when a run of {@code file} ended with {@code failed}. */
  public static ProblemException running(Path file, OrtException failed) {
    return problem(kind(failed), file, "ONNX Runtime can't run it: " + oneLine(failed), failed);
  }

  private OnnxTensor tensor(long[] values, Batch batch) throws OrtException {
    return OnnxTensor.createTensor(
        environment(), LongBuffer.wrap(values), new long[] {batch.rows(), batch.columns()});
  }

  private static long[] values(String input, Path file, Batch batch) {
    return switch (input) {
      case "input_ids" -> batch.inputIds();
      case "attention_mask" -> batch.attentionMask();
      case "token_type_ids" -> batch.tokenTypeIds();
      default ->
          throw problem(
              ProblemKind.INPUT,
              file,
              "has an input "
                  + input
                  + "; a BERT model has input_ids, attention_mask and token_type_ids",
              null);
    };
  }

  /**
   * The environment.
   *
   * @throws ProblemException of kind ENVIRONMENT when the native library can't be loaded
   */
  public OrtEnvironment environment() {
    try {
      return environments.get();
    } catch (LinkageError | IllegalStateException failed) {
      throw new ProblemException(
          List.of(
              new Problem(
                  ProblemKind.ENVIRONMENT,
                  null,
                  "ONNX Runtime's native library can't be loaded: " + failed.getMessage(),
                  "It needs 64-bit Linux, Windows or macOS, and room in the temporary directory.")),
          failed);
    }
  }

  /** A broken file is the user's to mend; what else fails in a native library is the machine's. */
  private static ProblemKind kind(OrtException exception) {
    String message = String.valueOf(exception.getMessage()).toLowerCase(Locale.ROOT);
    boolean machine =
        Stream.of("bad_alloc", "failed to allocate", "no space left").anyMatch(message::contains);
    return machine ? ProblemKind.ENVIRONMENT : ProblemKind.INPUT;
  }

  private static String oneLine(OrtException exception) {
    return String.valueOf(exception.getMessage()).replaceAll("\\s*\\R\\s*", " ");
  }

  private static ProblemException problem(
      ProblemKind kind, Path file, String message, @Nullable Throwable cause) {
    return new ProblemException(
        List.of(new Problem(kind, Location.ofFile(file.toString()), message, null)), cause);
  }
}
