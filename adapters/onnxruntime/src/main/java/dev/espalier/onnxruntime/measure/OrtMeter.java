package dev.espalier.onnxruntime.measure;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import dev.espalier.api.data.Batch;
import dev.espalier.api.data.Batching;
import dev.espalier.api.data.EncodedExample;
import dev.espalier.api.data.EncodedSet;
import dev.espalier.api.data.Head;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.core.export.OnnxTools.Latency;
import dev.espalier.core.export.OnnxTools.LatencySettings;
import dev.espalier.core.export.OnnxTools.Request;
import dev.espalier.onnxruntime.bert.BertOnnxExporter;
import dev.espalier.onnxruntime.graph.Nodes;
import dev.espalier.onnxruntime.graph.OnnxFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * Measures ONNX files as they would be served: through ONNX Runtime on the CPU, with all of its
 * graph optimizations.
 */
public final class OrtMeter {
  private static final int EVALUATION_BATCH = 32;
  private static final long SEED = 20_261_123;

  /** How many ids a request draws from when a file doesn't say how many it knows. */
  private static final int SMALL_VOCABULARY = 100;

  private final OrtSessions sessions;

  /** A meter on this process's ONNX Runtime, whose native library is loaded at the first use. */
  public OrtMeter() {
    this(OrtLibrary::environment);
  }

  /** A meter that gets its environment from {@code environments}. */
  OrtMeter(Supplier<OrtEnvironment> environments) {
    sessions = new OrtSessions(environments);
  }

  /**
   * Runs {@code file} over all of {@code set}, in batches of examples of similar length.
   *
   * @param threads intra-op threads
   * @return for each output of the set's head a row per example, in the order of the set: the
   *     logits of [examples, classes] or [examples, 1]; or for spans those of start and end, each
   *     row as long as its batch was padded to
   * @throws ProblemException of kind INPUT when the file can't be loaded or has other outputs,
   *     ENVIRONMENT when ONNX Runtime itself can't be
   */
  public List<float[][]> outputs(Path file, EncodedSet set, int threads) {
    List<String> names = OrtSessions.outputs(set.head());
    List<float[][]> outputs = new ArrayList<>();
    names.forEach(name -> outputs.add(new float[set.size()][]));
    try (OrtSession session = open(file, threads)) {
      for (int[] indices : Batching.byLength(set, EVALUATION_BATCH)) {
        List<float[][]> batch = sessions.run(session, file, Batching.pad(set, indices), names);
        checkWidth(file, set.head(), batch.get(0)[0].length);
        for (int output = 0; output < names.size(); output++) {
          for (int row = 0; row < indices.length; row++) {
            outputs.get(output)[indices[row]] = batch.get(output)[row];
          }
        }
      }
    } catch (OrtException failed) {
      throw closing(failed);
    }
    return outputs;
  }

  /** Scores of other answers than the task's would be numbers without a meaning. */
  private static void checkWidth(Path file, Head head, int answers) {
    if (!(head instanceof Head.Spans) && answers != head.outputs()) {
      throw ProblemException.of(
          ProblemKind.INPUT,
          file
              + ": it answers with "
              + answers
              + (answers == 1 ? " value" : " values")
              + " for each text, the task with "
              + (head instanceof Head.Classification classes
                  ? "the classes " + classes.labels()
                  : "one number"),
          "Name the data that the model was trained for (data.task, data.columns, data.labels).");
    }
  }

  /** The only output of a classifier or regressor, in the order of the set. */
  public float[][] logits(Path file, EncodedSet set, int threads) {
    return outputs(file, set, threads).get(0);
  }

  /**
   * Times files against each other: after a warm-up, one request to each in turn, so that a slow
   * moment of the machine hits all alike. All requests have the same random token ids and no
   * padding.
   *
   * @param files what to time, by name
   * @return milliseconds per request by name, in the order of {@code files}
   * @throws ProblemException as {@link #outputs}
   */
  public Map<String, Latency> measureLatency(Map<String, Path> files, LatencySettings settings) {
    Map<String, OrtSession> opened = new LinkedHashMap<>();
    try {
      files.forEach((name, file) -> opened.put(name, open(file, settings.threads())));
      Batch batch = request(opened.values(), settings);
      Map<String, Request<OrtException>> requests = new LinkedHashMap<>();
      opened.forEach(
          (name, session) ->
              requests.put(name, () -> sessions.run(session, files.get(name), batch, List.of())));
      return Latency.inTurn(requests, settings);
    } catch (OrtException failed) {
      throw closing(failed);
    } finally {
      closeAll(opened.values());
    }
  }

  /**
   * Which of Microsoft's operators are in the graph after ONNX Runtime's extended optimizations:
   * operator to count, in alphabetical order.
   *
   * @throws ProblemException as {@link #outputs}; of kind ENVIRONMENT when the optimized graph
   *     can't be written to the temporary directory
   */
  public Map<String, Integer> fusedOperators(Path file) {
    Path optimized = null;
    try {
      optimized = Files.createTempFile("espalier-optimized-", ".onnx");
      String target = optimized.toString();
      sessions
          .open(
              file,
              options -> {
                options.setOptimizationLevel(OptLevel.EXTENDED_OPT);
                options.setOptimizedModelFilePath(target);
              })
          .close();
      Map<String, Integer> counts = new TreeMap<>();
      for (NodeProto node : OnnxFiles.read(optimized).getGraph().getNodeList()) {
        if (node.getDomain().equals(Nodes.MICROSOFT)) {
          counts.merge(node.getOpType(), 1, Integer::sum);
        }
      }
      return counts;
    } catch (OrtException failed) {
      throw closing(failed);
    } catch (IOException unwritable) {
      throw ProblemException.of(
          ProblemKind.ENVIRONMENT,
          "cannot write to the temporary directory: " + unwritable.getMessage(),
          "Point java.io.tmpdir to a directory with room.");
    } finally {
      if (optimized != null) {
        optimized.toFile().delete();
      }
    }
  }

  private OrtSession open(Path file, int threads) {
    return sessions.open(
        file,
        options -> {
          options.setOptimizationLevel(OptLevel.ALL_OPT);
          options.setIntraOpNumThreads(threads);
          options.setInterOpNumThreads(1);
          // Else the threads of the session that just ran spin on while the next one is timed.
          options.addConfigEntry("session.force_spinning_stop", "1");
        });
  }

  private static Batch request(Collection<OrtSession> opened, LatencySettings settings)
      throws OrtException {
    int vocabulary = Integer.MAX_VALUE;
    for (OrtSession session : opened) {
      vocabulary = Math.min(vocabulary, vocabularySize(session));
    }
    Random random = new Random(SEED);
    List<EncodedExample> examples = new ArrayList<>();
    for (int row = 0; row < settings.batchSize(); row++) {
      int[] ids = random.ints(settings.sequenceLength(), 0, vocabulary).toArray();
      examples.add(new EncodedExample(ids, new int[ids.length], 0));
    }
    return Batch.of(examples);
  }

  private static int vocabularySize(OrtSession session) throws OrtException {
    return session
        .getMetadata()
        .getCustomMetadataValue(BertOnnxExporter.VOCABULARY_SIZE)
        .filter(value -> value.matches("[1-9]\\d{0,8}"))
        .map(Integer::valueOf)
        .orElse(SMALL_VOCABULARY);
  }

  private static void closeAll(Collection<OrtSession> opened) {
    for (OrtSession session : opened) {
      try {
        session.close();
      } catch (OrtException failed) {
        throw closing(failed);
      }
    }
  }

  private static IllegalStateException closing(OrtException failed) {
    return new IllegalStateException("ONNX Runtime failed outside of loading and running", failed);
  }
}
