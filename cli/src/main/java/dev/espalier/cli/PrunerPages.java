package dev.espalier.cli;

import dev.espalier.api.pruning.Need;
import dev.espalier.api.pruning.ParameterDescriptor;
import dev.espalier.api.pruning.PrunerDescriptor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What there is to say about pruners, as plain text. */
final class PrunerPages {
  private static final String GAP = "  ";
  private static final int NARROWEST = 30;
  private static final int NEEDS_WIDTH = "target sparsity,".length();

  private PrunerPages() {}

  /**
   * One row for each pruner.
   *
   * @param needs what a pruner needs, by its name
   * @param width columns of the terminal
   */
  static String table(
      List<PrunerDescriptor> pruners, Function<String, Set<Need>> needs, int width) {
    int names = longest(pruners.stream().map(PrunerDescriptor::name).toList());
    int rest = Math.max(NARROWEST, width - names - NEEDS_WIDTH - 2 * GAP.length());
    List<String> lines = new ArrayList<>();
    lines.addAll(row(names, "pruner", List.of("needs"), List.of("what it does")));
    for (PrunerDescriptor pruner : pruners) {
      lines.addAll(
          row(
              names,
              pruner.name(),
              wrapped(needs(needs.apply(pruner.name())), NEEDS_WIDTH),
              wrapped(firstSentence(pruner.description()), rest)));
    }
    return String.join(System.lineSeparator(), lines);
  }

  private static List<String> row(
      int names, String name, List<String> needs, List<String> description) {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < Math.max(needs.size(), description.size()); i++) {
      String line =
          padded(i == 0 ? name : "", names)
              + GAP
              + padded(i < needs.size() ? needs.get(i) : "", NEEDS_WIDTH)
              + GAP
              + (i < description.size() ? description.get(i) : "");
      lines.add(line.stripTrailing());
    }
    return lines;
  }

  /**
   * Everything about one pruner, and what to write to use it.
   *
   * @param needs what it needs beside the weights
   * @param origin where it comes from
   * @param width columns of the terminal
   */
  static String page(PrunerDescriptor pruner, Set<Need> needs, String origin, int width) {
    List<String> lines = new ArrayList<>();
    lines.add(pruner.name());
    lines.add("");
    lines.addAll(wrapped(pruner.description(), width));
    lines.add("");
    lines.addAll(item("source", pruner.source(), width));
    lines.addAll(item("needs", needsInFull(needs), width));
    lines.addAll(item("from", origin, width));
    lines.add("");
    lines.add(pruner.parameters().isEmpty() ? "It has no parameters." : "Parameters:");
    int names = longest(pruner.parameters().stream().map(ParameterDescriptor::name).toList());
    for (ParameterDescriptor parameter : pruner.parameters()) {
      List<String> about = new ArrayList<>();
      int rest = Math.max(NARROWEST, width - names - 2 * GAP.length());
      about.addAll(
          wrapped(parameter.range() + ", default " + plain(parameter.defaultValue()), rest));
      about.addAll(wrapped(parameter.description(), rest));
      lines.addAll(hanging(GAP + padded(parameter.name(), names) + GAP, about));
    }
    lines.add("");
    lines.add("In a configuration:");
    lines.add("");
    lines.add(snippet(pruner, needs));
    return String.join(System.lineSeparator(), lines);
  }

  /** YAML that asks for the pruner, with the default of everything that can be set. */
  static String snippet(PrunerDescriptor pruner, Set<Need> needs) {
    List<String> lines = new ArrayList<>();
    lines.add("pruning:");
    // Where a share of the scores is kept, as target_sparsity says, their scale decides nothing.
    if (needs.contains(Need.LEARNED_SCORES) && !needs.contains(Need.TARGET_SPARSITY)) {
      lines.add("  train:");
      lines.add("    score_learning_rate: 1.0e-2 # the default");
    }
    lines.add("  approach:");
    lines.add("    weight_compression:");
    if (needs.contains(Need.TARGET_SPARSITY)) {
      lines.add("      target_sparsity: 0.9");
    }
    lines.add("      pruners:");
    lines.add("        - prune_type: " + pruner.name());
    if (!pruner.parameters().isEmpty()) {
      lines.add("          parameters:");
      for (ParameterDescriptor parameter : pruner.parameters()) {
        lines.add("            " + parameter.name() + ": " + plain(parameter.defaultValue()));
      }
    }
    return String.join(System.lineSeparator(), lines);
  }

  private static String needs(Set<Need> needs) {
    return needs.isEmpty()
        ? "nothing"
        : needs.stream().map(PrunerPages::needed).collect(Collectors.joining(", "));
  }

  private static String needed(Need need) {
    return switch (need) {
      case TARGET_SPARSITY -> "target sparsity";
      case GRADIENTS -> "gradients";
      case LEARNED_SCORES -> "learned scores";
    };
  }

  private static String needsInFull(Set<Need> needs) {
    return needs.isEmpty()
        ? "nothing but the weights"
        : needs.stream().map(PrunerPages::neededInFull).collect(Collectors.joining("; "));
  }

  private static String neededInFull(Need need) {
    return switch (need) {
      case TARGET_SPARSITY -> "a target_sparsity, which decides how much is removed";
      case GRADIENTS -> "the gradient of each step";
      case LEARNED_SCORES -> "scores that are trained with the weights, by score_learning_rate";
    };
  }

  private static String firstSentence(String text) {
    int end = text.indexOf(". ");
    return end < 0 ? text : text.substring(0, end + 1);
  }

  private static List<String> item(String name, String text, int width) {
    String head = padded(name, "source".length()) + GAP;
    return hanging(head, wrapped(text, Math.max(NARROWEST, width - head.length())));
  }

  private static List<String> hanging(String head, List<String> text) {
    List<String> lines = new ArrayList<>();
    for (String line : text) {
      lines.add((lines.isEmpty() ? head : " ".repeat(head.length())) + line);
    }
    return lines;
  }

  /** Breaks between words only, so that paths stay whole. */
  private static List<String> wrapped(String text, int width) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String word : text.split(" ", -1)) {
      if (line.length() > 0 && line.length() + 1 + word.length() > width) {
        lines.add(line.toString());
        line.setLength(0);
      }
      line.append(line.length() > 0 ? " " : "").append(word);
    }
    lines.add(line.toString());
    return lines;
  }

  private static String plain(Object value) {
    return value instanceof Double number && number == Math.rint(number) && Math.abs(number) < 1e7
        ? Long.toString(number.longValue())
        : value.toString();
  }

  private static int longest(Collection<String> names) {
    return names.stream().mapToInt(String::length).max().orElse(0);
  }

  private static String padded(String text, int width) {
    return text + " ".repeat(Math.max(0, width - text.length()));
  }
}
