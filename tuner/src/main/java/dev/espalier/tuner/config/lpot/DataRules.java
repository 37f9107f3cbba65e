package dev.espalier.tuner.config.lpot;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** LPOT's data sets, which stand where they are used, as our one section {@code data}. */
final class DataRules {
  private static final String TASK = "data.task";
  private static final List<String> KEYS =
      List.of(
          "dataset", "batch_size", "last_batch", "shuffle", "distributed", "filter", "transform");

  private final Draft draft;

  DataRules(Draft draft) {
    this.draft = draft;
  }

  /** Takes the data set out of a dataloader, and {@code data} from it; the rest stays. */
  void define(String dataloader) {
    draft.checkKeys(dataloader, KEYS, false);
    String path = dataloader + ".dataset";
    JsonNode dataset = draft.get(path);
    if (dataset == null) {
      return;
    }
    List<String> kinds = draft.keys(path);
    if (kinds.size() != 1) {
      draft.wrong(path, "must be one data set, found " + Draft.show(dataset), null);
    } else if (kinds.get(0).equals("GLUE")) {
      glue(path);
    } else {
      draft.undecided(
          path,
          "dataset " + Draft.show(dataset),
          TASK,
          "there are no data sets of the kind " + kinds.get(0) + " here, only tasks on texts",
          "Maybe data: {task: sst-2, train: ..., evaluation: ...} is meant.");
    }
    draft.take(path);
  }

  private void glue(String path) {
    String glue = path + ".GLUE";
    draft.checkKeys(
        glue,
        List.of(
            "data_dir",
            "model_name_or_path",
            "max_seq_length",
            "do_lower_case",
            "task",
            "model_type",
            "dynamic_length",
            "evaluate"),
        false);
    String task = draft.text(glue + ".task");
    if (task == null) {
      return;
    }
    if (!draft.has(TASK)) {
      draft.put(TASK, Draft.node(task), glue + ".task", "task " + task);
    }
    JsonNode folder = draft.get(glue + ".data_dir");
    if (folder != null) {
      String from = "data_dir " + Draft.show(folder);
      if (!folder.isTextual() || !isOfTask(task)) {
        draft.line(glue + ".data_dir", from, "not used: the task is not " + task);
      } else {
        file(glue, from, "data.train", folder.textValue() + "/train.tsv");
        file(glue, from, "data.evaluation", folder.textValue() + "/dev.tsv");
      }
    }
    JsonNode length = draft.get(glue + ".max_seq_length");
    String ours = "data.max_sequence_length";
    if (length != null && !draft.has(ours)) {
      String from = "max_seq_length " + Draft.show(length);
      draft.put(ours, length, glue + ".max_seq_length", from);
    }
    List<String> left = new ArrayList<>(draft.keys(glue));
    left.removeAll(List.of("task", "data_dir", "max_seq_length"));
    if (!left.isEmpty()) {
      draft.line(
          glue + "." + left.get(0),
          String.join(", ", left),
          "not used: the checkpoint brings its tokenizer, and the task its files");
    }
  }

  private void file(String glue, String from, String target, String file) {
    if (!draft.has(target)) {
      draft.put(target, Draft.node(file), glue + ".data_dir", from);
    }
  }

  /** Whether the task that counts is the data set's own: another one has other files. */
  private boolean isOfTask(@Nullable String task) {
    JsonNode effective = draft.effective(TASK);
    return effective != null && effective.asText().equals(task);
  }
}
