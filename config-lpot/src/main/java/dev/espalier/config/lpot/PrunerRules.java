package dev.espalier.config.lpot;

import static dev.espalier.config.lpot.LpotFormat.COMPRESSION;
import static dev.espalier.config.lpot.LpotFormat.PRUNER;
import static dev.espalier.config.lpot.LpotFormat.PRUNERS;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A {@code !Pruner}, with what {@code weight_compression} says for all of them. */
final class PrunerRules {
  private static final Pattern PATTERN =
      Pattern.compile("(?:[A-Za-z0-9_]{0,40}_)?([1-9][0-9]{0,4}[x:][1-9][0-9]{0,4})");
  private static final Pattern GROUPS = Pattern.compile("([1-9][0-9]{0,4}):([1-9][0-9]{0,4})");
  private static final String HIGHEST = COMPRESSION + ".max_sparsity_ratio_per_layer";
  private static final double LPOTS_HIGHEST = 0.98;
  private static final String LOCKED = "the zeros that are there stay, and no others come";

  private final LpotTree tree;
  private final boolean pytorch;

  /**
   * @param pytorch whether the section is {@code weight_compression_pytorch}, which has other
   *     defaults
   */
  PrunerRules(LpotTree tree, boolean pytorch) {
    this.tree = tree;
    this.pytorch = pytorch;
  }

  /**
   * Applies the rules.
   *
   * @param one whether the file's one pruner counts; otherwise only the section's keys are left
   * @return whether the pruner follows a sparsity
   */
  boolean apply(boolean one) {
    if (!one) {
      withoutPruner();
      return true;
    }
    boolean locked = type();
    sparsity("initial_sparsity", locked);
    sparsity("target_sparsity", locked);
    updates();
    method();
    pattern(locked);
    domain(locked);
    new NameRules(tree, pytorch).apply();
    highest(locked);
    layerTypes();
    return !locked;
  }

  /** The section's defaults for pruners that the command line has replaced. */
  private void withoutPruner() {
    for (String key :
        List.of(
            "prune_type",
            "prune_domain",
            "pattern",
            "names",
            "exclude_names",
            "extra_excluded_names",
            "excluded_names",
            "not_to_prune_names")) {
      tree.unused(COMPRESSION + "." + key, "it is for pruners that are not used");
    }
    updates();
    tree.unused(HIGHEST, "it is for pruners that are not used");
    layerTypes();
  }

  /** Gives the pruner our name; whether it locks the zeros that are there. */
  private boolean type() {
    PrunerKey type = PrunerKey.take(tree, "prune_type");
    String standard = pytorch ? "snip_momentum" : "basic_magnitude";
    String target = PRUNER + ".prune_type";
    JsonNode value = type.value();
    String name = value == null ? standard : value.asText();
    String from = value == null ? "no prune_type, so LPOT's default " + standard : type.from();
    String path = value == null ? PRUNER : type.path();
    switch (name) {
      case "basic_magnitude" -> put(target, "magnitude", path, from, "");
      case "pattern_lock" -> put(target, "constant_mask", path, from, ": " + LOCKED);
      case "gradient_sensitivity" -> sensitivity(path, from);
      default -> other(name, target, path, from);
    }
    if (name.equals("group_lasso")) {
      groupLasso();
    }
    return name.equals("pattern_lock") || name.equals("constant_mask");
  }

  private void other(String name, String target, String path, String from) {
    if (name.endsWith("_progressive")) {
      tree.undecided(
          path,
          from,
          target,
          "progressive pruning is not supported, found " + name,
          "Maybe " + name.substring(0, name.length() - "_progressive".length()) + " is meant.");
    } else {
      put(target, name, path, from, "");
    }
  }

  private void put(String target, String name, String path, String from, String remark) {
    tree.put(target, LpotTree.node(name), path, from, remark);
  }

  /** Without parameters it sums |w ⊙ g|; with them it cuts rows out, for which we have no count. */
  private void sensitivity(String path, String from) {
    JsonNode parameters = tree.take(PRUNER + ".parameters");
    String remark =
        ": |weight x gradient|, with momentum 1 summed over all steps; it is masked, not cut out";
    if (parameters != null && !parameters.isEmpty()) {
      tree.undecided(
          PRUNER + ".parameters",
          "parameters " + LpotTree.show(parameters),
          PRUNERS,
          "counts of heads or rows to keep are not possible here, only a target_sparsity",
          "Maybe --set '"
              + PRUNERS
              + "=[{prune_type: snip_momentum, pattern: heads}]' is meant, or ffn_pairs.");
      return;
    }
    put(PRUNER + ".prune_type", "snip_momentum", path, from, remark);
    tree.set(PRUNER + ".parameters.momentum", JsonNodeFactory.instance.numberNode(1.0), path);
  }

  private void groupLasso() {
    String parameters = PRUNER + ".parameters";
    JsonNode alpha = tree.take(parameters + ".alpha");
    if (alpha != null) {
      String from = "parameters.alpha " + LpotTree.show(alpha);
      tree.put(parameters + ".strength", alpha, parameters + ".alpha", from);
    }
    JsonNode pattern = tree.take(parameters + ".pattern");
    if (pattern != null) {
      String meant = PRUNER + ".pattern";
      tree.undecided(
          parameters + ".pattern",
          "parameters.pattern " + LpotTree.show(pattern),
          meant,
          "LPOT never read a pattern that stands here, and pruned single weights, found "
              + LpotTree.show(pattern),
          "Maybe move it up, beside prune_type, or decide by --set " + meant + "=1x1.");
    }
  }

  private void sparsity(String key, boolean locked) {
    if (locked) {
      PrunerKey.take(tree, key).unused(tree, LOCKED);
      return;
    }
    String target = COMPRESSION + "." + key;
    if (tree.has(PRUNER + "." + key)) {
      PrunerKey sparsity = PrunerKey.take(tree, key);
      JsonNode value = sparsity.value();
      if (value != null && !value.equals(sparsity.other())) {
        tree.put(target, value, sparsity.path(), "the pruner's " + sparsity.from());
      } else if (value != null) {
        tree.set(target, value, sparsity.path());
      }
    }
  }

  private void updates() {
    for (String key : List.of("update_frequency", "update_frequency_on_step")) {
      PrunerKey often = PrunerKey.take(tree, key);
      if (often.isThere() && Values.number(often.value()).filter(n -> n > 0).isEmpty()) {
        tree.wrong(often.path(), "must be a number above 0, found " + shown(often), null);
      } else {
        often.unused(tree, "masks are made anew at each step");
      }
    }
    PrunerKey.take(tree, "sparsity_decay_type").unused(tree, "the sparsity rises along a cubic");
  }

  private static String shown(PrunerKey merged) {
    JsonNode value = merged.value();
    return value == null ? "nothing" : LpotTree.show(value);
  }

  private void method() {
    String path = PRUNER + ".method";
    JsonNode method = tree.take(path);
    if (method != null && method.asText().equals("per_tensor")) {
      tree.line(path, "method per_tensor", "prune_domain local, unless it says otherwise");
    } else if (method != null) {
      tree.wrong(
          path,
          "must be per_tensor, found " + LpotTree.show(method),
          "Remove it, and let prune_domain say what competes for being kept.");
    }
  }

  private void pattern(boolean locked) {
    PrunerKey pattern = PrunerKey.take(tree, "pattern");
    String target = PRUNER + ".pattern";
    if (locked) {
      pattern.unused(tree, LOCKED);
      return;
    }
    JsonNode value = pattern.value();
    if (value == null) {
      if (pytorch) {
        tree.put(target, LpotTree.node("4x1"), PRUNER, "no pattern, so LPOT's default");
      }
      return;
    }
    String text = value.asText();
    Matcher matcher = PATTERN.matcher(text);
    if (!matcher.matches()) {
      if (List.of("ffn_pairs", "heads").contains(text)) {
        tree.set(target, value, pattern.path());
        return;
      }
      tree.undecided(
          pattern.path(),
          pattern.from(),
          target,
          "must be NxM, N:M or tile_pattern_NxM, found " + LpotTree.show(value),
          "Maybe ffn_pairs is meant, for channels, or heads.");
      return;
    }
    String ours = matcher.group(1);
    put(target, ours, pattern.path(), pattern.from(), patternRemark(ours));
  }

  private static String patternRemark(String pattern) {
    String[] sizes = pattern.split("[x:]", 2);
    if (pattern.contains(":")) {
      return ": of each "
          + sizes[1]
          + " consecutive inputs at most "
          + sizes[0]
          + " are removed, there and here";
    }
    return pattern.equals("1x1") ? "" : ": blocks of outputs x inputs, there and here";
  }

  private void domain(boolean locked) {
    PrunerKey domain = PrunerKey.take(tree, "prune_domain");
    String target = PRUNER + ".prune_domain";
    JsonNode value = domain.value();
    if (locked) {
      domain.unused(tree, LOCKED);
    } else if (value == null && pytorch) {
      tree.put(target, LpotTree.node("global"), PRUNER, "no prune_domain, so LPOT's default");
    } else if (value != null && domain.path().startsWith(PRUNER)) {
      tree.set(target, value, domain.path());
    } else if (value != null) {
      tree.put(target, value, domain.path(), domain.from());
    }
  }

  /** The share that no layer may exceed: kept where it follows from the rest, or else undecided. */
  private void highest(boolean locked) {
    String domain = PRUNER + ".prune_domain";
    JsonNode asked = tree.take(HIGHEST);
    boolean local = !"global".equals(text(domain)) && !"groups".equals(text(domain));
    if (asked == null) {
      if (pytorch && !locked && !local && !isWithin(LPOTS_HIGHEST)) {
        tree.line(
            PRUNER,
            "no max_sparsity_ratio_per_layer",
            "no limit: LPOT's default of 0.98 for each layer is not kept under prune_domain global");
      }
      return;
    }
    String from = LpotTree.last(HIGHEST) + " " + LpotTree.show(asked);
    Optional<Double> highest = Values.number(asked).filter(share -> share > 0 && share <= 1);
    if (highest.isEmpty()) {
      tree.wrong(
          HIGHEST,
          "must be a number above 0 and at most 1, found " + LpotTree.show(asked),
          "Maybe 0.98 is meant, LPOT's default.");
    } else if (locked) {
      tree.line(HIGHEST, from, "not used: " + LOCKED);
    } else if (isWithin(highest.get())) {
      tree.line(
          HIGHEST, from, "kept: the pattern " + text(PRUNER + ".pattern") + " removes no more");
    } else if (!local) {
      tree.undecided(
          HIGHEST,
          from,
          domain,
          "a limit for single layers is not supported under prune_domain global, found "
              + LpotTree.show(asked),
          "Decide by --set "
              + domain
              + "=local, under which each layer loses the target and no more, or --set "
              + domain
              + "=global, without a limit.");
    } else if (targetIsAtMost(highest.get())) {
      tree.line(HIGHEST, from, "kept: under prune_domain local each layer has the target");
    } else {
      tree.undecided(
          HIGHEST,
          from,
          COMPRESSION + ".target_sparsity",
          "under prune_domain local each layer has the target_sparsity, which is above this limit,"
              + " found "
              + LpotTree.show(asked),
          "Maybe --set " + COMPRESSION + ".target_sparsity=" + LpotTree.show(asked) + " is meant.");
    }
  }

  /** Whether the pattern N:M removes no larger share of a layer. */
  private boolean isWithin(double share) {
    Matcher groups = GROUPS.matcher(text(PRUNER + ".pattern"));
    return groups.matches()
        && Double.parseDouble(groups.group(1)) / Double.parseDouble(groups.group(2)) <= share;
  }

  private boolean targetIsAtMost(double share) {
    Optional<Double> target = Values.number(tree.effective(COMPRESSION + ".target_sparsity"));
    return target.isEmpty() || target.get() <= share; // without a target nothing is pruned yet
  }

  private String text(String path) {
    JsonNode node = tree.effective(path);
    return node == null ? "" : node.asText();
  }

  private void layerTypes() {
    String types = COMPRESSION + ".prune_layer_type";
    JsonNode layers = tree.get(types);
    if (layers != null && Values.texts(layers).orElse(List.of()).contains("Linear")) {
      tree.unused(types, "names are those of the encoder's linear layers in any case");
    } else if (layers != null) {
      tree.take(types);
      tree.wrong(
          types,
          "must hold Linear, the only layers that are pruned here, found " + LpotTree.show(layers),
          "Remove it.");
    }
  }
}
