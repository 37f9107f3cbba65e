package dev.espalier.config.lpot;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.api.problem.Suggestions;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code tuning}. */
final class TuningRules {
  private static final String SECTION = "tuning";
  private static final String CRITERION = SECTION + ".accuracy_criterion";
  private static final String EXIT = SECTION + ".exit_policy";
  private static final String NO_SPACE =
      "there is one trial unless tuning.search_space says what is varied";
  private static final Pattern PERCENT = Pattern.compile("(-?[0-9]{1,4}(\\.[0-9]{1,6})?) ?%");
  private static final List<String> STRATEGIES =
      List.of(
          "basic",
          "bayesian",
          "exhaustive",
          "mse",
          "random",
          "automixedprecision",
          "sigopt",
          "tpe",
          "mse_v2",
          "hawq_v2",
          "conservative",
          "auto");

  private static final String DECIMAL = "[0-9]{1,9}(\\.[0-9]{1,9})?";

  private final LpotTree tree;

  TuningRules(LpotTree tree) {
    this.tree = tree;
  }

  void apply() {
    tree.checkKeys(
        SECTION,
        List.of(
            "strategy",
            "accuracy_criterion",
            "objective",
            "multi_objectives",
            "search_space",
            "exit_policy",
            "random_seed",
            "tensorboard",
            "workspace",
            "diagnosis"),
        true);
    strategy();
    criterion();
    objective();
    exitPolicy();
    JsonNode snapshot = tree.take(SECTION + ".workspace.resume");
    if (snapshot != null) {
      tree.wrong(
          SECTION + ".workspace.resume",
          "LPOT's history cannot be resumed here, found " + LpotTree.show(snapshot),
          "Remove it: the run starts anew.");
    }
  }

  private void strategy() {
    String path = SECTION + ".strategy";
    String name = tree.text(path + ".name");
    if (name != null && !STRATEGIES.contains(name)) {
      tree.take(path);
      tree.wrong(
          path + ".name",
          "must be one of " + String.join(", ", STRATEGIES) + ", found " + name,
          Suggestions.advice(name, STRATEGIES));
      return;
    }
    if (!tree.has(SECTION + ".search_space")) {
      tree.unused(path, NO_SPACE);
    }
  }

  private void objective() {
    if ("footprint".equals(tree.text(SECTION + ".objective"))) {
      tree.unused(
          SECTION + ".objective", "memory is not measured; modelsize is what is made small");
    }
    multiObjectives();
  }

  /** LPOT has a map of lists: objectives, weights and directions. */
  private void multiObjectives() {
    String path = SECTION + ".multi_objectives";
    JsonNode several = tree.get(path);
    if (several == null || !several.isObject()) {
      return; // a list is our own format
    }
    String from = "multi_objectives " + LpotTree.show(several);
    List<String> names = Values.texts(several.get("objective")).orElse(List.of());
    JsonNode weight = several.get("weight");
    List<String> weights = Values.texts(weight).orElse(List.of());
    tree.take(path);
    if (names.isEmpty() || names.contains("footprint")) {
      tree.wrong(
          path,
          names.isEmpty()
              ? "objective must be a list, found " + LpotTree.show(several)
              : "memory is not measured here, found footprint",
          "Maybe objective: [performance, modelsize] is meant.");
    }
    boolean weighted = weight != null && !weight.isNull();
    boolean fits =
        weights.size() == names.size() && weights.stream().allMatch(each -> each.matches(DECIMAL));
    if (weighted && !fits && !names.isEmpty()) {
      tree.wrong(
          path,
          "weight must have one number for each of "
              + names.size()
              + " objectives, found "
              + LpotTree.show(weight),
          "Maybe numbers such as [0.5, 0.5] are meant.");
    }
    if (names.isEmpty() || names.contains("footprint") || (weighted && !fits)) {
      return;
    }
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    for (int i = 0; i < names.size(); i++) {
      ObjectNode each = list.addObject().put("objective", names.get(i));
      if (weighted) {
        each.put("weight", Double.parseDouble(weights.get(i)));
      }
    }
    tree.put(path, list, path, from, ": shares of the dense model's values, smaller is better");
  }

  /** LPOT's timeout of 0 stands for something else than no limit: stop at the first success. */
  private void exitPolicy() {
    tree.checkKeys(EXIT, List.of("timeout", "max_trials", "performance_only", "stop"), false);
    JsonNode timeout = tree.get(EXIT + ".timeout");
    if (timeout != null && timeout.isNumber() && timeout.doubleValue() == 0) {
      tree.take(EXIT + ".timeout");
      tree.put(
          EXIT + ".stop",
          LpotTree.node("first_met"),
          EXIT + ".timeout",
          "timeout " + LpotTree.show(timeout),
          ": the first trial that meets the criterion ends the search");
    }
  }

  private void criterion() {
    JsonNode better = tree.take(CRITERION + ".higher_is_better");
    if (better != null && better.isBoolean() && better.asBoolean()) {
      tree.line(
          CRITERION + ".higher_is_better",
          "higher_is_better " + LpotTree.show(better),
          "not used: the metric knows");
    } else if (better != null) {
      tree.wrong(
          CRITERION + ".higher_is_better",
          "must be true, found " + LpotTree.show(better),
          "Remove it: the metric knows.");
    }
    JsonNode section = tree.get(CRITERION);
    if (section == null || !section.isObject()) {
      return;
    }
    List<String> kinds = List.of("relative", "absolute");
    boolean given =
        kinds.stream()
            .map(kind -> CRITERION + "." + kind)
            .anyMatch(path -> tree.has(path) || tree.overriddenBy(path) != null);
    if (!given) {
      tree.wrong(
          CRITERION,
          "must hold exactly one of relative and absolute, found neither",
          "Maybe relative: 0.01 is meant: at most 1% of the baseline's metric may be lost.");
    }
    for (String kind : kinds) {
      limit(CRITERION + "." + kind);
    }
  }

  private void limit(String path) {
    JsonNode value = tree.get(path);
    if (value == null) {
      return;
    }
    String from = LpotTree.last(path) + " " + LpotTree.show(value);
    Matcher percent = PERCENT.matcher(value.asText());
    if (percent.matches()) {
      double share = Double.parseDouble(percent.group(1)) / 100;
      tree.put(path, JsonNodeFactory.instance.numberNode(share), path, from);
    } else if (tree.overriddenBy(path) == null && tree.has("pruning")) {
      tree.line(
          path, from, from + ", which decides the verdict: LPOT never looked at it when it pruned");
    }
  }
}
