package dev.espalier.config.lpot;

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

  private final LpotTree tree;

  DataRules(LpotTree tree) {
    this.tree = tree;
  }

  /** Takes the data set out of a dataloader, and {@code data} from it; the rest stays. */
  void define(String dataloader) {
    tree.checkKeys(dataloader, KEYS, false);
    String path = dataloader + ".dataset";
    JsonNode dataset = tree.get(path);
    if (dataset == null) {
      return;
    }
    List<String> kinds = tree.keys(path);
    if (kinds.size() != 1) {
      tree.wrong(path, "must be one data set, found " + LpotTree.show(dataset), null);
    } else if (kinds.get(0).equals("GLUE")) {
      glue(path);
    } else {
      tree.undecided(
          path,
          "dataset " + LpotTree.show(dataset),
          TASK,
          "there are no data sets of the kind " + kinds.get(0) + " here, only tasks on texts",
          "Maybe data: {task: sst-2, train: ..., evaluation: ...} is meant.");
    }
    tree.take(path);
  }

  private void glue(String path) {
    String glue = path + ".GLUE";
    tree.checkKeys(
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
    String task = tree.text(glue + ".task");
    if (task == null) {
      return;
    }
    if (!tree.has(TASK)) {
      tree.put(TASK, LpotTree.node(task), glue + ".task", "task " + task);
    }
    JsonNode folder = tree.get(glue + ".data_dir");
    if (folder != null) {
      String from = "data_dir " + LpotTree.show(folder);
      if (!folder.isTextual() || !isOfTask(task)) {
        tree.line(glue + ".data_dir", from, "not used: the task is not " + task);
      } else {
        file(glue, from, "data.train", folder.textValue() + "/train.tsv");
        file(glue, from, "data.evaluation", folder.textValue() + "/dev.tsv");
      }
    }
    JsonNode length = tree.get(glue + ".max_seq_length");
    String ours = "data.max_sequence_length";
    if (length != null && !tree.has(ours)) {
      String from = "max_seq_length " + LpotTree.show(length);
      tree.put(ours, length, glue + ".max_seq_length", from);
    }
    List<String> left = new ArrayList<>(tree.keys(glue));
    left.removeAll(List.of("task", "data_dir", "max_seq_length"));
    if (!left.isEmpty()) {
      tree.line(
          glue + "." + left.get(0),
          String.join(", ", left),
          "not used: the checkpoint brings its tokenizer, and the task its files");
    }
  }

  private void file(String glue, String from, String target, String file) {
    if (!tree.has(target)) {
      tree.put(target, LpotTree.node(file), glue + ".data_dir", from);
    }
  }

  /** Whether the task that counts is the data set's own: another one has other files. */
  private boolean isOfTask(@Nullable String task) {
    JsonNode effective = tree.effective(TASK);
    return effective != null && effective.asText().equals(task);
  }
}
