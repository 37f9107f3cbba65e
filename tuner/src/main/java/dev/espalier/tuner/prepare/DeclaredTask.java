package dev.espalier.tuner.prepare;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.api.data.Head;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.core.model.BertArchitecture;
import dev.espalier.core.model.PretrainedModel;
import dev.espalier.core.model.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * What a model's {@code config.json} says that it was made for, against the task. It counts where
 * the model has a classifier of the task's size, or none at all: one of another size is of another
 * task, is replaced, and the run says so. Without a classifier the two outputs that libraries write
 * by default say nothing.
 */
public final class DeclaredTask {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String REGRESSION = "regression";
  private static final String CLASSIFICATION = "single_label_classification";
  private static final int BY_DEFAULT = 2;

  private DeclaredTask() {}

  /** Where the two contradict each other. */
  static List<Problem> problems(PretrainedModel model, Head head) {
    JsonNode config = config(model);
    List<Problem> problems = new ArrayList<>();
    Tensor last = last(model, head);
    if (head instanceof Head.Spans || (last != null && last.shape()[0] != head.outputs())) {
      return problems;
    }
    String wanted = head instanceof Head.Regression ? REGRESSION : CLASSIFICATION;
    String type = config.path("problem_type").asText("");
    if (!type.isEmpty() && !config.path("problem_type").isNull() && !type.equals(wanted)) {
      problems.add(
          problem(
              model, "problem_type \"" + type + "\" contradicts the task, which is a " + wanted));
    }
    JsonNode names = config.path("id2label");
    boolean named = names.isObject() && !names.isEmpty();
    int outputs = named ? names.size() : config.path("num_labels").asInt(head.outputs());
    boolean madeUp =
        outputs == BY_DEFAULT
            || (named
                && StreamSupport.stream(names.spliterator(), false)
                    .allMatch(name -> name.asText().startsWith("LABEL_")));
    if (outputs != head.outputs() && !(last == null && madeUp)) {
      problems.add(
          problem(
              model,
              (named ? "id2label " + names : "num_labels " + outputs)
                  + " contradicts the task, which has "
                  + (head instanceof Head.Classification classes
                      ? "the classes " + classes.labels()
                      : "one output")));
    }
    return problems;
  }

  private static @Nullable Tensor last(PretrainedModel model, Head head) {
    return model.weights().architecture() instanceof BertArchitecture bert
        ? model.weights().tensors().get(bert.family().head(head) + ".weight")
        : null;
  }

  private static Problem problem(PretrainedModel model, String message) {
    return new Problem(
        ProblemKind.INPUT,
        ProblemCode.CONTRADICTION,
        Location.ofFile(model.reference() + "/config.json"),
        message,
        "Correct or remove the key there, or choose another data.task or model.");
  }

  /** The config.json that the model came with; empty when it came without. */
  public static ObjectNode config(PretrainedModel start) {
    byte[] config = start.companions().get("config.json");
    if (config == null) {
      return JsonNodeFactory.instance.objectNode();
    }
    try {
      return (ObjectNode) JSON.readTree(config);
    } catch (JsonProcessingException | ClassCastException broken) {
      throw new IllegalArgumentException("the model's config.json was read before", broken);
    } catch (IOException impossible) {
      throw new IllegalArgumentException("reading from memory", impossible);
    }
  }
}
