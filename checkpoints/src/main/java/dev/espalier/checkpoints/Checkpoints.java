package dev.espalier.checkpoints;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.espalier.api.problem.ForeignText;
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

  /** Where the directory of a run has its model. */
  private static final String BEST = "best";

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
    Parts parts = parts(folder);
    List<String> notes = new ArrayList<>(parts.notes());
    WeightFiles files = parts.files();
    CompletableFuture<String> sha256 = CompletableFuture.supplyAsync(files::sha256);
    try (NamedTensors tensors = files.open()) {
      TransformerWeights weights = StoredModel.weights(tensors, parts.architecture(), notes);
      JsonNode content = json(folder.resolve(CONFIG));
      DeclaredHead.checkRows(folder.resolve(CONFIG), content, weights);
      ClassNames.note(content).ifPresent(notes::add);
      return new PretrainedModel(
          folder.toString(),
          weights,
          parts.tokenizer(),
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

  /** What {@link #load} would say of a folder without looking into the weights. */
  public static List<Problem> check(Path folder) {
    try {
      Parts unused = parts(folder);
      return List.of();
    } catch (ProblemException e) {
      return e.problems();
    }
  }

  /** What a model is made of. */
  @SuppressWarnings("ArrayRecordComponent") // a file's content, never compared
  private record Parts(
      BertArchitecture architecture, byte[] tokenizer, WeightFiles files, List<String> notes) {}

  private static Parts parts(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw BrokenFile.missing(
          folder,
          Files.exists(folder) ? "is a file, not a folder" : "there is no such folder",
          "It should hold config.json, model.safetensors and tokenizer.json.");
    }
    if (!Files.exists(folder.resolve(CONFIG)) && isIn(folder.resolve(BEST))) {
      throw BrokenFile.missing(
          folder, "is the directory of a run", "Name its model: " + folder.resolve(BEST));
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
    return new Parts(architecture[0], tokenizer[0], files[0], notes);
  }

  /**
   * Whether a folder holds {@code config.json} and weights in a format that {@link #load} reads. A
   * {@code config.json} without {@code model_type}, as beside a TorchScript file, is of no Hugging
   * Face checkpoint.
   */
  public static boolean isIn(Path folder) {
    Path config = folder.resolve(CONFIG);
    return Files.isRegularFile(config) && WeightFiles.isIn(folder) && isOfAFamily(config);
  }

  private static boolean isOfAFamily(Path config) {
    try {
      return json(config).has("model_type");
    } catch (ProblemException broken) {
      return true; // whoever reads it says so
    }
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
              throw BrokenFile.file(file, "has " + what, NotFinite.ADVICE, null);
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
    return config(file)
        .map(
            config -> {
              JsonNode content = json(config);
              DeclaredHead.check(config, content);
              return ClassNames.of(content);
            })
        .orElse(List.of());
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

  /**
   * Refuses weights that are stored as integers, which mean nothing without their scales.
   *
   * @throws ProblemException of kind INPUT naming them
   */
  public static void requireFloats(SafeTensorsFile file) {
    Quantized.byTypes(file.source(), Quantized.parameters(file.tensors()))
        .ifPresent(
            problem -> {
              throw new ProblemException(List.of(problem));
            });
  }

  private static Optional<Path> config(Path file) {
    Path folder = file.toAbsolutePath().normalize().getParent();
    boolean isOfRun = Files.isRegularFile(folder.resolveSibling("environment.json"));
    return Stream.of(folder, isOfRun ? folder.resolveSibling(BEST) : folder)
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
        throw BrokenFile.missing(file, "there is no such file", null);
      }
      if (Files.size(file) > MAX_TEXT) {
        throw BrokenFile.file(
            file, "has " + Files.size(file) + " bytes, more than " + MAX_TEXT, null, null);
      }
      byte[] content = Files.readAllBytes(file);
      BrokenFile.refuseLfsPointer(file, content);
      return content;
    } catch (IOException e) {
      throw BrokenFile.file(file, "cannot be read: " + BrokenFile.reason(e), null, e);
    }
  }

  /** A small file's content as JSON. */
  static JsonNode json(Path file) {
    try {
      return JSON.readTree(text(file));
    } catch (JsonProcessingException e) {
      throw BrokenFile.file(
          file, "is no JSON: " + ForeignText.ofJson(e.getOriginalMessage()), null, e);
    } catch (IOException e) {
      throw BrokenFile.file(file, "cannot be read: " + BrokenFile.reason(e), null, e);
    }
  }
}
