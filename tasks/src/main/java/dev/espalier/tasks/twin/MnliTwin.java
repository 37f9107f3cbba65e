package dev.espalier.tasks.twin;

import dev.espalier.tasks.text.TextFile;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A stand-in for MNLI, in its file format: a premise says of somebody who did what, and of how
 * many, which colour and where all but one; now and then of somebody else, too. The hypothesis
 * claims one of these: the same (entailment), another one, perhaps somebody else's (contradiction),
 * or the one that the premise is silent about (neutral).
 *
 * <p>No word of premise or hypothesis tells the class: it takes comparing the two, part by part,
 * and telling whose part it is. The second evaluation set has people and things that are not in the
 * training set, as MNLI's mismatched one has other genres.
 */
public final class MnliTwin {
  /** How configurations name it. */
  public static final String NAME = "mnli-twin";

  private static final int DEFAULT_TRAIN = 10_000;
  private static final int DEFAULT_EVALUATION = 1_000;

  private static final List<String> LABELS = List.of("contradiction", "entailment", "neutral");

  private static final Words MATCHED =
      new Words(
          List.of(
              "baker", "nurse", "farmer", "pilot", "teacher", "lawyer", "sailor", "painter",
              "doctor", "student", "soldier", "singer"),
          List.of("chairs", "boxes", "books", "bottles", "lamps", "coats", "boats", "bikes"));

  private static final Words MISMATCHED =
      new Words(
          List.of("judge", "hunter", "waiter", "clerk", "actor", "driver"),
          List.of("tables", "cups", "hats", "clocks"));

  private static final List<String> VERBS =
      List.of("bought", "sold", "found", "lost", "painted", "broke");

  /** What may be said of a deed or not. */
  private static final Map<String, List<String>> PARTS = new LinkedHashMap<>();

  static {
    PARTS.put("number", List.of("two", "three", "five", "nine"));
    PARTS.put("colour", List.of("red", "blue", "green", "black"));
    PARTS.put("place", List.of("in the kitchen", "in the garden", "at school", "at the harbour"));
  }

  private static final int SECOND_CLAUSE_IN = 4;
  private static final int SAID_IN_PREMISE = 2;

  private MnliTwin() {}

  /**
   * The three files.
   *
   * @param train for training
   * @param matched for evaluation, of the same people and things
   * @param mismatched for evaluation, of others
   */
  public record Files(TextFile train, TextFile matched, TextFile mismatched) {}

  private record Words(List<String> people, List<String> things) {}

  /** What somebody did, with the parts that are said. */
  private record Deed(String person, String verb, String thing, Map<String, String> parts) {
    String words() {
      List<String> words = new ArrayList<>(List.of("the"));
      words.add(person);
      words.add(verb);
      words.add(parts.getOrDefault("number", "some"));
      add(words, "colour");
      words.add(thing);
      add(words, "place");
      return String.join(" ", words);
    }

    private void add(List<String> words, String part) {
      String value = parts.get(part);
      if (value != null) {
        words.add(value);
      }
    }
  }

  /**
   * Generates them.
   *
   * @param trainExamples 0 for 10,000
   * @param evaluationExamples of each evaluation set; 0 for 1,000
   * @throws dev.espalier.api.problem.ProblemException when a number is out of range
   */
  public static Files generate(int trainExamples, int evaluationExamples, long seed) {
    int train = RandomChoice.size(NAME, trainExamples, DEFAULT_TRAIN);
    int evaluation = RandomChoice.size(NAME, evaluationExamples, DEFAULT_EVALUATION);
    Random seeds = new Random(seed);
    Set<String> seen = new HashSet<>();
    // each set has a generator of its own, so the size of one does not change another
    Random ofTrain = new Random(seeds.nextLong());
    Random ofMatched = new Random(seeds.nextLong());
    Random ofMismatched = new Random(seeds.nextLong());
    TextFile matched =
        file("evaluation", evaluation, seed, rows(evaluation, MATCHED, true, ofMatched, seen));
    TextFile mismatched =
        file(
            "evaluation_mismatched",
            evaluation,
            seed,
            rows(evaluation, MISMATCHED, true, ofMismatched, seen));
    return new Files(
        file("train", train, seed, rows(train, MATCHED, false, ofTrain, seen)),
        matched,
        mismatched);
  }

  private static TextFile file(String set, int size, long seed, String rows) {
    return TextFile.generated(RandomChoice.source(NAME, set, size, "pairs", seed), rows);
  }

  private static String rows(int size, Words words, boolean dev, Random random, Set<String> seen) {
    StringBuilder rows =
        new StringBuilder(
            "index\tpromptID\tpairID\tgenre\tsentence1_binary_parse\tsentence2_binary_parse\t"
                + "sentence1_parse\tsentence2_parse\tsentence1\tsentence2\tlabel1\t");
    rows.append(dev ? "label2\tlabel3\tlabel4\tlabel5\tgold_label\n" : "gold_label\n");
    for (int i = 0; i < size; ) {
      String label = LABELS.get(random.nextInt(LABELS.size()));
      Deed deed = deed(words, random);
      Deed second = deed(words, random);
      boolean both = random.nextInt(SECOND_CLAUSE_IN) == 0 && !second.thing().equals(deed.thing());
      String premise = both ? joined(deed, second, random) : deed.words();
      String hypothesis = hypothesis(deed, both ? second : null, label, random);
      if (seen.add(premise + "|" + hypothesis)) {
        row(rows, i++, sentence(premise), sentence(hypothesis), label, dev);
      }
    }
    return rows.toString();
  }

  private static Deed deed(Words words, Random random) {
    Map<String, String> parts = new LinkedHashMap<>();
    List<String> said = RandomChoice.some(SAID_IN_PREMISE, List.copyOf(PARTS.keySet()), random);
    PARTS.forEach(
        (part, values) -> {
          String value = RandomChoice.one(values, random);
          if (said.contains(part)) {
            parts.put(part, value);
          }
        });
    return new Deed(
        RandomChoice.one(words.people(), random),
        RandomChoice.one(VERBS, random),
        RandomChoice.one(words.things(), random),
        parts);
  }

  private static String joined(Deed deed, Deed second, Random random) {
    String conjunction = RandomChoice.one(List.of(" and ", " while ", " before "), random);
    return random.nextBoolean()
        ? deed.words() + conjunction + second.words()
        : second.words() + conjunction + deed.words();
  }

  private static String hypothesis(Deed deed, @Nullable Deed second, String label, Random random) {
    String said = RandomChoice.one(List.copyOf(deed.parts().keySet()), random);
    String value = String.valueOf(deed.parts().get(said));
    if (label.equals("entailment")) {
      return claim(deed, said, value);
    }
    String part = label.equals("contradiction") ? said : unsaid(deed);
    // what is said of somebody else is the better lure
    String others = second == null ? null : second.parts().get(part);
    boolean lure = others != null && !others.equals(value);
    return claim(
        deed,
        part,
        lure ? String.valueOf(others) : RandomChoice.other(PARTS.get(part), value, random));
  }

  private static String unsaid(Deed deed) {
    return PARTS.keySet().stream()
        .filter(part -> !deed.parts().containsKey(part))
        .findFirst()
        .orElseThrow();
  }

  /** That a deed was so. */
  private static String claim(Deed deed, String part, String value) {
    return switch (part) {
      case "number" -> "there were " + value + " " + deed.thing();
      default -> "the " + deed.thing() + " were " + value;
    };
  }

  private static String sentence(String words) {
    return words.substring(0, 1).toUpperCase(Locale.ROOT) + words.substring(1) + ".";
  }

  private static void row(
      StringBuilder rows, int index, String premise, String hypothesis, String label, boolean dev) {
    String[] fields = {
      Integer.toString(index),
      Integer.toString(index / 3),
      index / 3 + label.substring(0, 1),
      "twin",
      brackets(premise),
      brackets(hypothesis),
      "(ROOT (S " + premise + "))",
      "(ROOT (S " + hypothesis + "))",
      premise,
      hypothesis,
      label
    };
    rows.append(String.join("\t", fields));
    if (dev) {
      rows.append(("\t" + label).repeat(4));
    }
    rows.append('\t').append(label).append('\n');
  }

  /** A right-branching tree: ( the ( old man ) ). */
  private static String brackets(String sentence) {
    String[] words = sentence.replace(".", " .").split(" ", -1);
    StringBuilder tree = new StringBuilder();
    for (int i = 0; i < words.length - 1; i++) {
      tree.append("( ").append(words[i]).append(' ');
    }
    return tree + words[words.length - 1] + " )".repeat(words.length - 1);
  }
}
