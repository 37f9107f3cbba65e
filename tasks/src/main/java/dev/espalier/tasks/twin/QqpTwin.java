package dev.espalier.tasks.twin;

import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.tasks.text.TextFile;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * A stand-in for QQP, in its file format: pairs of questions that ask the same in other words, or
 * that share nearly all words and ask something else: about another thing, the other way round, or
 * another question about the same things.
 */
public final class QqpTwin {
  /** How configurations name it. */
  public static final String NAME = "qqp-twin";

  private static final int DEFAULT_TRAIN = 10_000;
  private static final int DEFAULT_EVALUATION = 1_000;

  /** After so many repetitions for each pair the grammar is held to be exhausted. */
  private static final int MOST_REPEATED = 20;

  /** Of 100 pairs, as in QQP. */
  private static final int DUPLICATES = 37;

  private static final List<String> CITIES =
      List.of(
          "Paris", "Berlin", "Madrid", "Rome", "Delhi", "Tokyo", "Cairo", "Boston", "Lima", "Oslo");

  private static final List<String> THINGS =
      List.of("coffee", "rice", "wine", "bread", "tea", "gold", "silver", "milk", "sugar", "salt");

  private static final List<String> SKILLS =
      List.of(
          "chess",
          "guitar",
          "piano",
          "swimming",
          "cooking",
          "dancing",
          "drawing",
          "algebra",
          "grammar",
          "tennis");

  /**
   * Questions that ask the same of {x} and {y}, which both are of a kind; each group asks what its
   * neighbour could be taken for.
   */
  private record Group(List<String> of, boolean ordered, List<String> ways) {}

  private static final List<Group> GROUPS =
      List.of(
          new Group(
              CITIES,
              true,
              List.of(
                  "How do I get from {x} to {y}?",
                  "What is the best way to travel to {y} from {x}?",
                  "Which train should I take to {y} when I am in {x}?",
                  "I am in {x}, how can I go to {y}?")),
          new Group(
              CITIES,
              false,
              List.of(
                  "How far is it from {x} to {y}?",
                  "What is the distance between {x} and {y}?",
                  "How many miles are there between {x} and {y}?",
                  "How many miles is {y} away from {x}?")),
          new Group(
              THINGS,
              false,
              List.of(
                  "Can I have {x} and {y} together?",
                  "Does {x} go well with {y}?",
                  "Is it a good idea to mix {y} with {x}?")),
          new Group(
              THINGS,
              true,
              List.of(
                  "Is {x} more expensive than {y}?",
                  "Does {x} cost more than {y}?",
                  "Is {y} cheaper than {x}?",
                  "Do I pay less for {y} than for {x}?")),
          new Group(
              SKILLS,
              true,
              List.of(
                  "Should I learn {x} before {y}?",
                  "Is it better to start with {x} and do {y} later?",
                  "Should {y} be learned after {x}?",
                  "Do I need {x} first when I want to learn {y}?")),
          new Group(
              SKILLS,
              false,
              List.of(
                  "Can I learn {x} and {y} at the same time?",
                  "Is it possible to study {y} together with {x}?",
                  "May I take lessons in both {x} and {y}?",
                  "Is learning {x} and also {y} too much?")));

  private QqpTwin() {}

  /**
   * The two files.
   *
   * @param train for training
   * @param evaluation for evaluation
   */
  public record Files(TextFile train, TextFile evaluation) {}

  /**
   * Generates them.
   *
   * @param trainExamples 0 for 10,000
   * @param evaluationExamples 0 for 1,000
   * @throws dev.espalier.api.problem.ProblemException when a number is out of range
   */
  public static Files generate(int trainExamples, int evaluationExamples, long seed) {
    int train = RandomChoice.size(NAME, trainExamples, DEFAULT_TRAIN);
    int evaluation = RandomChoice.size(NAME, evaluationExamples, DEFAULT_EVALUATION);
    Random seeds = new Random(seed);
    Random ofTrain = new Random(seeds.nextLong());
    Random ofEvaluation = new Random(seeds.nextLong());
    Set<String> seen = new HashSet<>();
    TextFile judged = file("evaluation", evaluation, seed, ofEvaluation, seen);
    return new Files(file("train", train, seed, ofTrain, seen), judged);
  }

  private static TextFile file(String set, int size, long seed, Random random, Set<String> seen) {
    StringBuilder rows = new StringBuilder("id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n");
    int repeated = 0;
    for (int i = 0; i < size; ) {
      boolean duplicate = random.nextInt(100) < DUPLICATES;
      String pair = pair(duplicate, random);
      if (!seen.add(pair)) {
        if (++repeated > MOST_REPEATED * size) {
          throw ProblemException.of(
              ProblemKind.CONFIGURATION,
              NAME + " does not have " + size + " different pairs for its " + set + " set",
              "0 stands for the default, " + DEFAULT_TRAIN + " and " + DEFAULT_EVALUATION);
        }
      } else {
        rows.append(i).append('\t').append(2 * i + 1).append('\t').append(2 * i + 2).append('\t');
        rows.append(pair).append('\t').append(duplicate ? 1 : 0).append('\n');
        i++;
      }
    }
    return TextFile.generated(RandomChoice.source(NAME, set, size, "pairs", seed), rows.toString());
  }

  private static String pair(boolean duplicate, Random random) {
    Group group = RandomChoice.one(GROUPS, random);
    List<String> of = RandomChoice.some(3, group.of(), random);
    String x = of.get(0);
    String y = of.get(1);
    String way = RandomChoice.one(group.ways(), random);
    String first = asked(way, x, y);
    String otherWay = RandomChoice.other(group.ways(), way, random);
    if (duplicate) {
      boolean turned = !group.ordered() && random.nextBoolean();
      return first + "\t" + (turned ? asked(otherWay, y, x) : asked(otherWay, x, y));
    }
    String second =
        switch (random.nextInt(6)) {
          case 0, 1, 2 ->
              random.nextBoolean() ? asked(otherWay, of.get(2), y) : asked(otherWay, x, of.get(2));
          case 3 -> group.ordered() ? asked(otherWay, y, x) : asked(otherWay, of.get(2), y);
          default -> asked(RandomChoice.one(neighbour(group, random).ways(), random), x, y);
        };
    return first + "\t" + second;
  }

  /** Another question about the same kind of things. */
  private static Group neighbour(Group group, Random random) {
    List<Group> others =
        GROUPS.stream()
            .filter(each -> !each.equals(group) && each.of().equals(group.of()))
            .toList();
    return RandomChoice.one(others, random);
  }

  private static String asked(String way, String x, String y) {
    return way.replace("{x}", x).replace("{y}", y);
  }
}
