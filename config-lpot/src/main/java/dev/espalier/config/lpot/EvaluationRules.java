package dev.espalier.config.lpot;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@code evaluation}. */
final class EvaluationRules {
  private static final String ACCURACY = "evaluation.accuracy";
  private static final String METRIC = ACCURACY + ".metric";
  private static final String PERFORMANCE = "evaluation.performance";
  private static final List<String> CONFIGS =
      List.of(
          "cores_per_instance",
          "num_of_instance",
          "inter_num_of_threads",
          "intra_num_of_threads",
          "kmp_blocktime",
          "kmp_affinity");

  private static final Map<String, String> METRICS =
      Map.of("Accuracy", "accuracy", "F1", "f1", "SquadF1", "f1");

  /** What LPOT takes from GLUE's metrics of a task; of sts-b the mean of two. */
  private static final Map<String, String> OF_GLUE =
      Map.of(
          "sst-2", "accuracy",
          "mrpc", "accuracy",
          "qqp", "accuracy",
          "mnli", "accuracy",
          "mnli-mm", "accuracy",
          "qnli", "accuracy",
          "rte", "accuracy",
          "wnli", "accuracy",
          "cola", "mcc");

  private static final String DECIDE = "Maybe --set " + METRIC + "=accuracy is meant.";

  private static final String SEVERAL = ACCURACY + ".multi_metrics";

  /** What an entry of a list beside the metrics looks like. */
  private static final Map<String, String> ENTRIES =
      Map.of("weight", "[0-9]{1,9}(\\.[0-9]{1,9})?", "higher_is_better", "true|false");

  private final LpotTree tree;

  EvaluationRules(LpotTree tree) {
    this.tree = tree;
  }

  void apply() {
    accuracy();
    performance();
  }

  private void accuracy() {
    tree.checkKeys(
        ACCURACY,
        List.of("metric", "multi_metrics", "configs", "iteration", "dataloader", "postprocess"),
        true);
    metric();
    multiMetrics();
    new DataRules(tree).define(ACCURACY + ".dataloader");
  }

  private void metric() {
    JsonNode metric = tree.get(METRIC);
    if (metric == null || !metric.isObject()) {
      return; // a text is a name in our own format
    }
    tree.take(METRIC);
    String from = "metric " + LpotTree.show(metric);
    if (metric.size() != 1) {
      tree.undecided(
          METRIC,
          from,
          METRIC,
          "must be one metric, found "
              + (metric.isEmpty() ? "none" : String.join(" and ", names(metric))),
          DECIDE);
      return;
    }
    String name = names(metric).get(0);
    String ours = ours(name, metric.get(name));
    if (ours == null) {
      tree.undecided(METRIC, from, METRIC, unknown(metric, name), decide(name, metric.get(name)));
      return;
    }
    tree.put(METRIC, LpotTree.node(ours), METRIC, from);
  }

  /** LPOT has a map of metrics, with lists of weights and directions beside them. */
  private void multiMetrics() {
    JsonNode several = tree.get(SEVERAL);
    if (several == null || !several.isObject()) {
      return; // a list is our own format
    }
    tree.take(SEVERAL);
    String from = "multi_metrics " + LpotTree.show(several);
    String by = tree.overriddenBy(METRIC);
    if (by != null) {
      tree.line(SEVERAL, from, "not used: " + by);
      return;
    }
    List<String> names =
        names(several).stream()
            .filter(name -> !name.equals("weight") && !name.equals("higher_is_better"))
            .toList();
    Optional<List<String>> weights = perMetric(several, "weight", names);
    Optional<List<String>> directions = perMetric(several, "higher_is_better", names);
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    boolean known = true;
    for (int i = 0; i < names.size(); i++) {
      String ours = ours(names.get(i), several.get(names.get(i)));
      if (ours == null) {
        tree.undecided(
            SEVERAL,
            from,
            METRIC,
            "there is no such metric here, found " + names.get(i),
            decide(names.get(i), several.get(names.get(i))));
        known = false;
        continue;
      }
      ObjectNode each = list.addObject().put("metric", ours);
      if (weights.isPresent()) {
        each.put("weight", Double.parseDouble(weights.get().get(i)));
      }
    }
    if (directions.filter(each -> each.stream().anyMatch(d -> !d.equals("true"))).isPresent()) {
      tree.wrong(
          SEVERAL + ".higher_is_better",
          "must be true for each, found " + directions.get(),
          "Remove it: the metric knows.");
    }
    if (!known) {
      return;
    }
    tree.put(
        SEVERAL,
        list,
        SEVERAL,
        from,
        weights.isPresent()
            ? ": the weighted mean of what is lost decides"
            : ": each must keep to the criterion");
  }

  /** A list with one entry for each metric; empty when there is none, or a wrong one. */
  private Optional<List<String>> perMetric(JsonNode several, String key, List<String> names) {
    JsonNode node = several.get(key);
    if (node == null || node.isNull()) {
      return Optional.empty();
    }
    Optional<List<String>> found = Values.texts(node);
    boolean right =
        found
            .filter(each -> each.size() == names.size())
            .filter(each -> each.stream().allMatch(text -> text.matches(ENTRIES.get(key))))
            .isPresent();
    if (!right) {
      tree.wrong(
          SEVERAL + "." + key,
          "must have one entry for each of "
              + names.size()
              + " metrics, found "
              + LpotTree.show(node),
          key.equals("weight") ? "Maybe numbers such as [0.5, 0.5] are meant." : null);
      return Optional.empty();
    }
    return found;
  }

  private static @Nullable String ours(String name, JsonNode settings) {
    if (name.equals("topk")) {
      return settings.asInt() == 1 ? "accuracy" : null;
    }
    if (name.equals("GLUE")) {
      return OF_GLUE.get(settings.path("task").asText());
    }
    return METRICS.get(name);
  }

  private static String unknown(JsonNode metric, String name) {
    return isSimilarity(name, metric.get(name))
        ? "LPOT judges sts-b by the mean of Pearson's and Spearman's correlation; here it is one of"
            + " the two, found "
            + LpotTree.show(metric)
        : "there is no such metric here, found " + LpotTree.show(metric);
  }

  private static String decide(String name, JsonNode settings) {
    return isSimilarity(name, settings)
        ? "Decide by --set " + METRIC + "=pearson or --set " + METRIC + "=spearman."
        : DECIDE;
  }

  private static boolean isSimilarity(String name, JsonNode settings) {
    return name.equals("GLUE") && settings.path("task").asText().equals("sts-b");
  }

  private static List<String> names(JsonNode map) {
    return map.properties().stream().map(Map.Entry::getKey).toList();
  }

  private void performance() {
    tree.checkKeys(
        PERFORMANCE,
        List.of("warmup", "iteration", "configs", "dataloader", "postprocess", "threads"),
        true);
    String iteration = PERFORMANCE + ".iteration";
    if (Values.number(tree.get(iteration)).filter(n -> n == -1).isPresent()) {
      tree.unused(iteration, "100 requests are measured unless it says how many");
    }
    configs();
    String batch = PERFORMANCE + ".dataloader.batch_size";
    JsonNode size = tree.get(batch);
    if (size != null) {
      tree.put(PERFORMANCE + ".batch_size", size, batch, "batch_size " + LpotTree.show(size));
      tree.take(batch);
    }
    String length = PERFORMANCE + ".dataloader.dataset.GLUE.max_seq_length";
    JsonNode tokens = tree.get(length);
    if (tokens != null) {
      String from = "max_seq_length " + LpotTree.show(tokens);
      tree.put(PERFORMANCE + ".sequence_length", tokens, length, from);
      tree.take(length);
    }
  }

  private void configs() {
    String path = PERFORMANCE + ".configs";
    tree.checkKeys(path, CONFIGS, false);
    for (String key : List.of("cores_per_instance", "intra_num_of_threads")) {
      JsonNode cores = tree.take(path + "." + key);
      if (cores != null && !tree.has(PERFORMANCE + ".threads")) {
        String from = key + " " + LpotTree.show(cores);
        tree.put(PERFORMANCE + ".threads", cores, path + "." + key, from);
      }
    }
    if (tree.keys(path).isEmpty()) {
      tree.take(path);
    }
    tree.unused(path, "one instance is measured");
  }
}
