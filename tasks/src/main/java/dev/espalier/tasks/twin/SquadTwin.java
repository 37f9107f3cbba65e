package dev.espalier.tasks.twin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.espalier.tasks.text.TextFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * A stand-in for SQuAD v1.1, in its file format: paragraphs of a few facts about a few people, and
 * questions about one of the facts. Each paragraph tells a kind of fact of two people, so the right
 * kind of answer is there at least twice, and it takes the person and the kind to find it.
 *
 * <p>Names and places have letters beyond ASCII, and some beyond the first plane of Unicode, so
 * that offsets that count anything but code points are wrong.
 */
public final class SquadTwin {
  /** How configurations name it. */
  public static final String NAME = "squad-twin";

  private static final int DEFAULT_TRAIN = 12_000;
  private static final int DEFAULT_EVALUATION = 600;
  private static final int PARAGRAPHS_OF_ARTICLE = 10;

  private static final List<String> PEOPLE =
      List.of(
          "Anna", "Boris", "Clara", "David", "Elena", "Frank", "Greta", "Henry", "Irene", "Jakob",
          "Laura", "Maria", "Oscar", "Paul", "Rosa", "Simon", "Zoë", "José", "Søren", "Łukasz");

  private static final List<String> PLACES =
      List.of(
          "Paris", "Berlin", "Madrid", "Rome", "Delhi", "Tokyo", "Cairo", "Boston", "Lima", "Oslo",
          "Málaga", "Zürich");

  private static final List<String> JOBS =
      List.of(
          "painter", "doctor", "baker", "lawyer", "sailor", "teacher", "singer", "farmer", "pilot",
          "chemist");

  private static final List<String> ANIMALS =
      List.of("horse", "parrot", "rabbit", "turtle", "goat", "donkey", "cat", "snake");

  /** A kind of fact: how it is told of a person {p} with its answer {a}, and asked for. */
  private record Fact(List<String> answers, List<String> told, List<String> asked) {}

  private static final List<Fact> FACTS =
      List.of(
          new Fact(
              PLACES,
              List.of("{p} was born in {a}.", "{a} is the city where {p} was born."),
              List.of("Where was {p} born?", "In which city was {p} born?")),
          new Fact(
              PLACES,
              List.of("Today {p} lives in {a}.", "The home of {p} is in {a}."),
              List.of("Where does {p} live today?", "In which city is the home of {p}?")),
          new Fact(
              JOBS,
              List.of("{p} works as a {a}.", "By trade {p} is a {a}."),
              List.of("What is the job of {p}?", "What does {p} work as?")),
          new Fact(
              ANIMALS,
              List.of("{p} has a {a} at home.", "The pet of {p} is a {a}."),
              List.of("Which animal does {p} have?", "What pet does {p} keep?")),
          new Fact(
              List.of(),
              List.of("{p} was married in {a}.", "In {a} there was the wedding of {p}."),
              List.of("When was {p} married?", "In which year was the wedding of {p}?")));

  private SquadTwin() {}

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
   * @param trainExamples questions to train on; 0 for 12,000
   * @param evaluationExamples questions to judge on; 0 for 600
   * @throws dev.espalier.api.problem.ProblemException when a number is out of range
   */
  public static Files generate(int trainExamples, int evaluationExamples, long seed) {
    int train = RandomChoice.size(NAME, trainExamples, DEFAULT_TRAIN);
    int evaluation = RandomChoice.size(NAME, evaluationExamples, DEFAULT_EVALUATION);
    Random seeds = new Random(seed);
    Random ofTrain = new Random(seeds.nextLong());
    Random ofEvaluation = new Random(seeds.nextLong());
    return new Files(
        file("train", train, seed, ofTrain), file("evaluation", evaluation, seed, ofEvaluation));
  }

  private static TextFile file(String set, int size, long seed, Random random) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    ArrayNode articles = root.putArray("data");
    ArrayNode paragraphs = null;
    int questions = 0;
    for (int paragraph = 0; questions < size; paragraph++) {
      if (paragraphs == null || paragraph % PARAGRAPHS_OF_ARTICLE == 0) {
        ObjectNode article = articles.addObject();
        article.put("title", "Twin_" + paragraph / PARAGRAPHS_OF_ARTICLE);
        paragraphs = article.putArray("paragraphs");
      }
      questions = paragraph(paragraphs.addObject(), set, questions, size, random);
    }
    root.put("version", "1.1");
    return TextFile.generated(
        RandomChoice.source(NAME, set, size, "questions", seed), root.toString());
  }

  /** A fact of a person, told. */
  private record Told(Fact fact, String person, String answer, String sentence) {}

  private static int paragraph(
      ObjectNode paragraph, String set, int before, int size, Random random) {
    List<String> people = RandomChoice.some(2, PEOPLE, random);
    List<Told> told = new ArrayList<>();
    for (Fact fact : RandomChoice.some(2, FACTS, random)) {
      List<String> answers = answers(fact, random);
      for (int i = 0; i < people.size(); i++) {
        String sentence = RandomChoice.one(fact.told(), random);
        String answer = answers.get(i);
        told.add(
            new Told(
                fact,
                people.get(i),
                answer,
                sentence.replace("{p}", people.get(i)).replace("{a}", answer)));
      }
    }
    List<Told> order = RandomChoice.some(told.size(), told, random);
    StringBuilder context = new StringBuilder(random.nextInt(4) == 0 ? "📜 " : "");
    List<Integer> starts = new ArrayList<>();
    for (Told each : order) {
      // in the sentence a name never holds the answer, nor an answer itself
      starts.add(context.length() + each.sentence().indexOf(each.answer()));
      context.append(each.sentence()).append(' ');
    }
    String text = context.toString().strip();
    paragraph.put("context", text);
    ArrayNode asked = paragraph.putArray("qas");
    int number = before;
    for (int i = 0; i < order.size() && number < size; i++, number++) {
      Told each = order.get(i);
      ObjectNode question = asked.addObject();
      ObjectNode answer = JsonNodeFactory.instance.objectNode();
      answer.put("answer_start", text.codePointCount(0, starts.get(i)));
      answer.put("text", each.answer());
      question.putArray("answers").add(answer);
      question.put(
          "question", RandomChoice.one(each.fact().asked(), random).replace("{p}", each.person()));
      question.put("id", String.format(Locale.ROOT, "%s%020d", set.charAt(0), number));
    }
    return number;
  }

  /** Two different ones. */
  private static List<String> answers(Fact fact, Random random) {
    if (!fact.answers().isEmpty()) {
      return RandomChoice.some(2, fact.answers(), random);
    }
    int year = 1900 + random.nextInt(100);
    int other = 1900 + (year - 1900 + 1 + random.nextInt(99)) % 100;
    return List.of(Integer.toString(year), Integer.toString(other));
  }
}
