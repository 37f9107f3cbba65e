package dev.espalier.config.lpot;

import static dev.espalier.config.lpot.LpotFormat.COMPRESSION;
import static dev.espalier.config.lpot.LpotFormat.PRUNER;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * What is pruned. LPOT's own pruners had exact names, those of {@code weight_compression_pytorch}
 * regular expressions that are searched in the name of a layer; here both are globs over the names
 * of weights.
 */
final class NameRules {
  private static final String TARGET = PRUNER + ".names";
  private static final String EXCLUDED = PRUNER + ".excluded_names";
  private static final Pattern NEVER_PRUNED =
      Pattern.compile(".*(embedding|pooler|classifier|qa_outputs|cls|LayerNorm|lm_head).*");

  private final LpotTree tree;
  private final boolean regexes;

  /**
   * @param regexes whether names are regular expressions
   */
  NameRules(LpotTree tree, boolean regexes) {
    this.tree = tree;
    this.regexes = regexes;
  }

  void apply() {
    names();
    excluded();
  }

  private void names() {
    PrunerKey names = PrunerKey.take(tree, "names");
    JsonNode value = names.value();
    Optional<List<String>> texts = Values.texts(value).filter(list -> !list.isEmpty());
    if (value == null || (value.isArray() && value.isEmpty())) {
      tree.line(
          PRUNER,
          "no names",
          "the matrices of the encoder; LPOT "
              + (regexes ? "prunes embeddings, too" : "prunes embeddings and classifier, too"));
      return;
    }
    if (texts.isEmpty()) {
      tree.set(TARGET, value, names.path()); // the loader says what is wrong
      return;
    }
    List<String> distinct = texts.get().stream().distinct().toList();
    String by = tree.overriddenBy(TARGET);
    if (by != null) {
      tree.line(names.path(), "names", "not used: " + by);
      return;
    }
    TreeSet<String> seen = new TreeSet<>();
    texts.get().stream()
        .filter(name -> !seen.add(name))
        .distinct()
        .forEach(name -> tree.line(names.path(), "names " + name + ", more than once", "once"));
    if (regexes) {
      List<String> globs = globs(distinct, names.path(), TARGET);
      if (!globs.isEmpty()) {
        tree.put(TARGET, LpotTree.node(globs), names.path(), names.from(), ", as globs");
      }
    } else if (distinct.size() < texts.get().size()) {
      tree.set(TARGET, LpotTree.node(distinct), names.path());
    } else {
      tree.set(TARGET, value, names.path());
    }
  }

  private void excluded() {
    List<String> globs = new ArrayList<>();
    String at = EXCLUDED;
    String from = "";
    for (String path :
        List.of(
            COMPRESSION + ".not_to_prune_names",
            COMPRESSION + ".excluded_names",
            COMPRESSION + ".exclude_names",
            COMPRESSION + ".extra_excluded_names",
            PRUNER + ".exclude_names",
            PRUNER + ".extra_excluded_names")) {
      JsonNode value = tree.take(path);
      if (value == null) {
        continue;
      }
      List<String> needed = new ArrayList<>();
      for (String name : Values.texts(value).orElse(List.of())) {
        if (NEVER_PRUNED.matcher(name).matches()) {
          String key = LpotTree.last(path);
          tree.line(path, key + " " + name, "not used: it is never pruned here");
        } else {
          needed.add(name);
        }
      }
      globs.addAll(globs(needed, path, EXCLUDED));
      at = path;
      from +=
          (from.isEmpty() ? "" : ", ")
              + LpotTree.last(path)
              + " "
              + LpotTree.show(LpotTree.node(needed));
    }
    if (!globs.isEmpty()) {
      tree.put(EXCLUDED, LpotTree.node(globs), at, from, ", as globs");
    }
  }

  private List<String> globs(List<String> regexList, String path, String target) {
    LinkedHashSet<String> globs = new LinkedHashSet<>();
    for (String regex : regexList) {
      Optional<List<String>> glob = SearchedRegex.globs(regex);
      if (glob.isPresent()) {
        globs.addAll(glob.get());
      } else {
        tree.undecided(
            path,
            LpotTree.last(path) + " " + regex,
            target,
            "the regular expression \"" + regex + "\" cannot be said as a glob",
            "Maybe --set " + target + "=*.query.weight is meant, with * for any text.");
      }
    }
    return List.copyOf(globs);
  }
}
