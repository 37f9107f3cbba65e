package dev.espalier.config.lpot;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** {@code pruning.train}. */
final class TrainRules {
  private static final String TRAIN = "pruning.train";
  private static final String RATE = TRAIN + ".learning_rate";
  private static final String OPTIMIZER = TRAIN + ".optimizer";
  private static final String CRITERION = TRAIN + ".criterion";
  private static final Map<String, Double> BETAS = Map.of("beta_1", 0.9, "beta_2", 0.999);

  private final LpotTree tree;

  TrainRules(LpotTree tree) {
    this.tree = tree;
  }

  /** Applies the rules; the number of the first epoch. */
  long apply() {
    tree.checkKeys(
        TRAIN,
        List.of(
            "optimizer",
            "criterion",
            "dataloader",
            "epoch",
            "epochs",
            "start_epoch",
            "end_epoch",
            "iteration",
            "frequency",
            "execution_mode",
            "postprocess",
            "hostfile"),
        true);
    dataloader();
    optimizer();
    criterion();
    return length();
  }

  private void dataloader() {
    String path = TRAIN + ".dataloader";
    new DataRules(tree).define(path);
    JsonNode size = tree.get(path + ".batch_size");
    if (size != null) {
      String from = "batch_size " + LpotTree.show(size);
      tree.put(TRAIN + ".batch_size", size, path + ".batch_size", from);
      tree.take(path + ".batch_size");
    }
    if (tree.keys(path).isEmpty()) {
      tree.take(path);
    }
    tree.unused(path, "batches are shuffled and grouped by length");
  }

  private void optimizer() {
    JsonNode optimizer = tree.take(OPTIMIZER);
    if (optimizer == null) {
      return;
    }
    String from = "optimizer " + LpotTree.show(optimizer);
    String name = optimizer.size() == 1 ? optimizer.fieldNames().next() : "";
    if (name.isEmpty()) {
      tree.wrong(
          OPTIMIZER, "must be one optimizer, found " + LpotTree.show(optimizer), "Maybe AdamW.");
    } else if (name.equals("AdamW") || name.equals("Adam")) {
      adam(name, optimizer.get(name), from);
    } else {
      tree.undecided(
          OPTIMIZER,
          from,
          RATE,
          "only AdamW trains here, and its learning rate is another, found "
              + LpotTree.show(optimizer),
          "Maybe --set " + RATE + "=5e-5 is meant.");
    }
  }

  private void adam(String name, JsonNode settings, String from) {
    for (Map.Entry<String, JsonNode> entry : settings.properties()) {
      String key = entry.getKey();
      JsonNode value = entry.getValue();
      String path = OPTIMIZER + "." + name + "." + key;
      switch (key) {
        case "learning_rate", "weight_decay" -> move(path, value, TRAIN + "." + key);
        case "epsilon" -> move(path, value, TRAIN + ".adam_epsilon");
        case "beta_1", "beta_2" -> {
          if (!Values.number(value).equals(Optional.ofNullable(BETAS.get(key)))) {
            tree.wrong(path, "must be " + BETAS.get(key) + ", found " + LpotTree.show(value), null);
          }
        }
        default -> {
          if (!key.equals("amsgrad") || !value.isBoolean() || value.asBoolean()) {
            tree.wrong(path, "AdamW has no such setting here, found " + LpotTree.show(value), null);
          }
        }
      }
    }
    if (!settings.has("learning_rate")) {
      tree.put(
          RATE, JsonNodeFactory.instance.numberNode(0.001), OPTIMIZER, from, ", LPOT's default");
    }
  }

  private void move(String path, JsonNode value, String target) {
    tree.put(target, value, path, LpotTree.last(path) + " " + LpotTree.show(value));
  }

  private void criterion() {
    JsonNode criterion = tree.take(CRITERION);
    if (criterion == null) {
      return;
    }
    String reduction =
        criterion
            .path("CrossEntropyLoss")
            .path("reduction")
            .asText("mean")
            .toLowerCase(Locale.ROOT);
    boolean usual =
        criterion.size() == 1
            && criterion.has("CrossEntropyLoss")
            && (reduction.isEmpty() || reduction.equals("mean") || reduction.equals("null"));
    if (usual) {
      tree.line(
          CRITERION,
          "criterion " + LpotTree.show(criterion),
          "cross-entropy, the mean over a batch");
    } else {
      tree.wrong(
          CRITERION,
          "must be CrossEntropyLoss with reduction mean, found " + LpotTree.show(criterion),
          "Remove it: the task brings its loss.");
    }
  }

  /** Epochs and iterations as ours; LPOT's {@code end_epoch} is the first that is not trained. */
  private long length() {
    String startKey = TRAIN + ".start_epoch";
    String endKey = TRAIN + ".end_epoch";
    Optional<Long> start = count(startKey);
    Optional<Long> end = count(endKey);
    Optional<Long> epoch = count(TRAIN + ".epoch");
    Optional<Long> iteration = iteration();
    long first = start.orElse(0L);
    if (end.isPresent() && end.get() <= first) {
      tree.wrong(
          endKey,
          "must be above start_epoch, which is " + first + ", found " + end.get(),
          "Maybe the two are swapped.");
      return 0;
    }
    Optional<Long> epochs = end.map(e -> e - first).or(() -> epoch);
    String from =
        end.map(e -> "start_epoch " + first + ", end_epoch " + e)
            .or(() -> epoch.map(e -> "epoch " + e))
            .orElse("");
    String at = end.isPresent() ? endKey : TRAIN + ".epoch";
    epochs.ifPresent(e -> tree.put(TRAIN + ".epochs", LpotTree.node(e), at, from));
    if (iteration.isPresent()) {
      double passes = Values.number(tree.effective(TRAIN + ".epochs")).orElse(1.0);
      tree.put(
          TRAIN + ".max_steps",
          LpotTree.node(Math.max(1, Math.round(passes * iteration.get()))),
          TRAIN + ".iteration",
          "iteration " + iteration.get() + " in each of " + Values.plain(passes) + " epochs");
    }
    return first;
  }

  private Optional<Long> iteration() {
    JsonNode node = tree.get(TRAIN + ".iteration");
    if (Values.number(node).filter(n -> n == -1).isPresent()) {
      tree.unused(TRAIN + ".iteration", "an epoch is the whole training set");
    }
    return count(TRAIN + ".iteration");
  }

  private Optional<Long> count(String path) {
    JsonNode node = tree.take(path);
    Optional<Long> count = Values.count(node);
    if (node != null && count.isEmpty()) {
      tree.wrong(path, "must be a whole number of at least 0, found " + LpotTree.show(node), null);
    }
    return count;
  }
}
