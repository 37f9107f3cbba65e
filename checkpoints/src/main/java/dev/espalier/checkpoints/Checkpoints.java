package dev.espalier.checkpoints;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.core.model.BertArchitecture;
import dev.espalier.core.model.NotFinite;
import dev.espalier.core.model.PretrainedModel;
import dev.espalier.core.model.TransformerWeights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;

/** Loads models from folders that are laid out like a model on the Hugging Face hub. */
public final class Checkpoints {
  /** The architecture. */
  public static final String CONFIG = "config.json";

  private static final String TOKENIZER = "tokenizer.json";

  /** Larger ones are not what they claim to be; real vocabularies have a tenth of it. */
  private static final long MAX_TEXT = 256L << 20;

  /** What is handed on unread. */
  private static final List<String> COMPANIONS =
      List.of(
          CONFIG,
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json",
          "vocab.txt",
          "vocab.json",
          "merges.txt",
          "sentencepiece.bpe.model");

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private Checkpoints() {}

  /**
   * Loads a model: {@code config.json}; the weights from {@code model.safetensors}, {@code
   * model.safetensors.index.json} with its shards, or {@code pytorch_model.bin}; the tokenizer from
   * {@code tokenizer.json}, or made from {@code vocab.txt} or {@code vocab.json} with {@code
   * merges.txt}. Weights of any float type become float32; quantized ones are refused.
   *
   * @param folder where it lies
   * @throws ProblemException of kind INPUT when a file is missing or broken, the model is of a kind
   *     that cannot be trained, or parameters are missing or have other shapes; all that can be
   *     said at once
   */
  public static PretrainedModel load(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw Broken.missing(
          folder,
          Files.exists(folder) ? "is a file, not a folder" : "there is no such folder",
          "It should hold config.json, model.safetensors and tokenizer.json.");
    }
    List<Problem> problems = new ArrayList<>();
    Path config = folder.resolve(CONFIG);
    BertArchitecture[] architecture = new BertArchitecture[1];
    collect(problems, () -> architecture[0] = ModelConfig.read(config, json(config)));
    List<String> notes = new ArrayList<>();
    byte[][] tokenizer = new byte[1][];
    collect(problems, () -> tokenizer[0] = tokenizer(folder, notes));
    WeightFiles[] files = new WeightFiles[1];
    collect(problems, () -> files[0] = WeightFiles.find(folder));
    if (!problems.isEmpty()) {
      throw new ProblemException(problems);
    }
    CompletableFuture<String> sha256 = CompletableFuture.supplyAsync(files[0]::sha256);
    try (NamedTensors tensors = files[0].open()) {
      TransformerWeights weights = StoredModel.weights(tensors, architecture[0], notes);
      JsonNode content = json(config);
      ClassNames.note(content).ifPresent(notes::add);
      return new PretrainedModel(
          folder.toString(),
          weights,
          tokenizer[0],
          sha256.join(),
          ClassNames.of(content),
          companions(folder),
          notes);
    } catch (CompletionException failed) {
      if (failed.getCause() instanceof ProblemException problem) {
        throw problem;
      }
      throw failed;
    }
  }

  /**
   * Whether a folder holds {@code config.json} and weights in a format that {@link #load} reads.
   */
  public static boolean isIn(Path folder) {
    return Files.isRegularFile(folder.resolve(CONFIG)) && WeightFiles.isIn(folder);
  }

  /**
   * A model whose weights were read elsewhere, with what lies beside its file: the tokenizer, and
   * {@code config.json} and the others if they are there.
   *
   * @param file what the weights were read from
   * @throws ProblemException of kind INPUT when there is no tokenizer, a file is broken, or a
   *     weight is not finite
   */
  public static PretrainedModel around(Path file, TransformerWeights weights) {
    Path folder = file.toAbsolutePath().getParent();
    NotFinite.in(weights.tensors())
        .ifPresent(
            what -> {
              throw Broken.file(file, "has " + what, NotFinite.ADVICE, null);
            });
    List<String> notes = new ArrayList<>();
    return new PretrainedModel(
        file.toString(),
        weights,
        tokenizer(folder, notes),
        WeightFiles.of(file).sha256(),
        labels(file),
        companions(folder),
        notes);
  }

  /**
   * What {@link #load} reads, of the files that a model is said to have: of several formats of the
   * weights the first that it would take.
   */
  public static List<String> wanted(List<String> files) {
    List<String> wanted = new ArrayList<>();
    for (String file : files) {
      if (COMPANIONS.contains(file) || file.equals(TOKENIZER)) {
        wanted.add(file);
      }
    }
    wanted.addAll(WeightFiles.wanted(files));
    return wanted;
  }

  private static void collect(List<Problem> problems, Runnable step) {
    try {
      step.run();
    } catch (ProblemException e) {
      problems.addAll(e.problems());
    }
  }

  private static byte[] tokenizer(Path folder, List<String> notes) {
    Path file = folder.resolve(TOKENIZER);
    if (Files.isRegularFile(file)) {
      notes.addAll(TokenizerFiles.notes(folder, file));
      return text(file);
    }
    return TokenizerFiles.read(folder);
  }

  /**
   * The class names that go with a file of weights: those of the {@code config.json} beside it, or
   * for the baseline and the trials of a run, of the one in its {@code best/}.
   *
   * @return empty when there is no such file, or it does not name every class
   * @throws ProblemException of kind INPUT when it is broken
   */
  static List<String> labels(Path file) {
    return config(file).map(config -> ClassNames.of(json(config))).orElse(List.of());
  }

  /**
   * The shape that the same {@code config.json} gives; empty when it is of another kind of model.
   */
  static Optional<BertArchitecture> architecture(Path file) {
    try {
      return config(file).map(config -> ModelConfig.read(config, json(config)));
    } catch (ProblemException ofAnotherKind) {
      return Optional.empty();
    }
  }

  /**
   * What the same {@code config.json} says of quantization, as a problem.
   *
   * @throws ProblemException of kind INPUT when it is broken
   */
  static Optional<Problem> quantization(Path file) {
    return config(file).flatMap(config -> Quantized.byConfig(config, json(config)));
  }

  private static Optional<Path> config(Path file) {
    Path folder = file.toAbsolutePath().normalize().getParent();
    boolean isOfRun = Files.isRegularFile(folder.resolveSibling("environment.json"));
    return Stream.of(folder, isOfRun ? folder.resolveSibling("best") : folder)
        .map(place -> place.resolve(CONFIG))
        .filter(Files::isRegularFile)
        .findFirst();
  }

  private static SortedMap<String, byte[]> companions(Path folder) {
    SortedMap<String, byte[]> companions = new TreeMap<>();
    for (String name : COMPANIONS) {
      if (Files.isRegularFile(folder.resolve(name))) {
        companions.put(name, text(folder.resolve(name)));
      }
    }
    return companions;
  }

  /** A small file's content. */
  static byte[] text(Path file) {
    try {
      if (!Files.exists(file)) {
        throw Broken.missing(file, "there is no such file", null);
      }
      if (Files.size(file) > MAX_TEXT) {
        throw Broken.file(
            file, "has " + Files.size(file) + " bytes, more than " + MAX_TEXT, null, null);
      }
      byte[] content = Files.readAllBytes(file);
      Broken.refuseLfsPointer(file, content);
      return content;
    } catch (IOException e) {
      throw Broken.file(file, "cannot be read: " + Broken.reason(e), null, e);
    }
  }

  /** A small file's content as JSON. */
  static JsonNode json(Path file) {
    try {
      return JSON.readTree(text(file));
    } catch (JsonProcessingException e) {
      throw Broken.file(file, "is no JSON: " + e.getOriginalMessage(), null, e);
    } catch (IOException e) {
      throw Broken.file(file, "cannot be read: " + Broken.reason(e), null, e);
    }
  }
}
