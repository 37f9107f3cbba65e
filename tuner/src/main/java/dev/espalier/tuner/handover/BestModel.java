package dev.espalier.tuner.handover;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.espalier.core.export.SparseArchives;
import dev.espalier.core.model.ModelFormat;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.tuner.directory.RunDirectory;
import dev.espalier.tuner.directory.RunFiles;
import dev.espalier.tuner.directory.Stages;
import dev.espalier.tuner.directory.WrittenFiles;
import dev.espalier.tuner.prepare.Preparation.Prepared;
import dev.espalier.tuner.result.RunFacts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;

/** The folder that is handed on: laid out like a model on the Hugging Face hub. */
public final class BestModel {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  /** The archive, relative to the run directory. */
  public static final String ARCHIVE = RunFiles.BEST + "/model.espalier";

  private final RunDirectory run;
  private final RunFacts facts;
  private final Prepared prepared;
  private final TransformerWeights weights;
  private final SparseArchives archives;

  /** The best model of a run, to be assembled in its directory. */
  public BestModel(
      RunDirectory run,
      RunFacts facts,
      Prepared prepared,
      TransformerWeights weights,
      SparseArchives archives) {
    this.run = run;
    this.facts = facts;
    this.prepared = prepared;
    this.weights = weights;
    this.archives = archives;
  }

  /** What will be in the folder, by name, relative to the run directory. */
  public static Map<String, String> artifacts(ModelFormat format, boolean quantized) {
    Map<String, String> artifacts = new LinkedHashMap<>();
    artifacts.put(format.key(), RunFiles.BEST + "/" + format.fileName());
    if (quantized) {
      artifacts.put("int8_onnx", RunFiles.BEST + "/" + RunFiles.INT8);
    }
    artifacts.put("safetensors", RunFiles.BEST + "/" + RunFiles.WEIGHTS);
    artifacts.put("sparse_archive", ARCHIVE);
    artifacts.put("config", RunFiles.BEST + "/config.json");
    artifacts.put("tokenizer", RunFiles.BEST + "/tokenizer.json");
    artifacts.put("model_card", RunFiles.CARD);
    return artifacts;
  }

  /**
   * Fills the folder, which appears once it is complete. What its owner put into the one that was
   * there, an edited model card among it, is kept.
   *
   * @param written the hash of each file that the run wrote before, by its path in the run
   *     directory
   */
  public void assemble(Map<String, String> written) {
    run.assemble(
        RunFiles.BEST,
        folder -> {
          write(folder.resolve("tokenizer.json"), prepared.model().tokenizerJson());
          for (Map.Entry<String, byte[]> other : prepared.model().companions().entrySet()) {
            write(folder.resolve(other.getKey()), companion(other.getKey(), other.getValue()));
          }
          String config =
              facts.format() == ModelFormat.ONNX
                  ? HuggingFaceConfig.of(prepared.model(), facts.head())
                  : HuggingFaceConfig.ofScript(prepared.model(), facts.head());
          write(folder.resolve("config.json"), config.getBytes(StandardCharsets.UTF_8));
          write(
              folder.resolve("README.md"),
              ModelCard.of(facts, prepared.model().reference()).getBytes(StandardCharsets.UTF_8));
          copy(RunFiles.WEIGHTS, folder);
          copy(facts.format().fileName(), folder);
          long unused = archives.pack(folder.resolve("model.espalier"), weights);
          if (facts.quantized() != null) {
            copy(RunFiles.INT8, folder);
          }
          keepOthers(written, folder);
          return folder;
        });
  }

  /** Without the paths of the machine that a tokenizer's settings were written on. */
  private static byte[] companion(String name, byte[] content) throws IOException {
    if (!name.endsWith(".json")) {
      return content;
    }
    JsonNode read = JSON.readTree(content);
    JsonNode shown = read.deepCopy();
    LocalPaths.shortenIn(shown);
    return shown.equals(read) ? content : JSON.writeValueAsBytes(shown);
  }

  /**
   * Copies what is not the run's own from the folder that is there, and its links as links: a file
   * may have been moved to another disk.
   */
  private void keepOthers(Map<String, String> written, Path draft) throws IOException {
    Path before = run.resolve(RunFiles.BEST);
    if (!Files.isDirectory(before)) {
      return;
    }
    boolean cardEdited = new WrittenFiles(written).isCardEdited(run);
    try (Stream<Path> all = Files.walk(before)) {
      for (Path file : all.toList()) {
        Path kept = draft.resolve(before.relativize(file).toString());
        boolean card = run.relative(file).equals(RunFiles.CARD) && cardEdited;
        boolean linked = Files.isSymbolicLink(file) && Files.exists(file);
        if (Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
          Files.createDirectories(kept);
        } else if (card || linked || !Files.exists(kept)) {
          Files.copy(file, kept, StandardCopyOption.REPLACE_EXISTING, LinkOption.NOFOLLOW_LINKS);
        }
      }
    }
  }

  private void write(Path file, byte[] content) throws IOException {
    Files.write(file, content);
  }

  /** A copy, not a link: whoever edits the file in place must not edit the trial's with it. */
  private void copy(String name, Path folder) throws IOException {
    Files.copy(run.resolve(Stages.folder(facts.trial())).resolve(name), folder.resolve(name));
  }
}
