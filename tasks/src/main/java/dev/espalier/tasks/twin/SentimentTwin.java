package dev.espalier.tasks.twin;

import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.core.files.Sha256;
import dev.espalier.tasks.text.LabelledText;
import dev.espalier.tasks.text.LabelledTexts;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * The synthetic twin of SST-2: sentences about a film, negative or positive, made by a grammar.
 *
 * <p>It needs no download, a pretrained model learns it in minutes, and counting words does not
 * solve it: the label is the opinion about the film, which depends on negation, on which clause
 * prevails, on whose opinion it is, and on what it is about. The grammar:
 *
 * <pre>
 * sentence   = one of the templates of a construction, then "."
 * film       = "the film" | "this movie" | ...          what the opinion must be about
 * other      = "the neighbor" | "the weather" | ...     any opinion about it is to be ignored
 * person     = "the critic" | "my cousin" | ...         whatever they say is to be ignored
 * word       = an opinion word: it decides
 * opposite   = an opinion word of the other polarity
 * any        = an opinion word of either polarity
 * negation   = "not" | "hardly" | "anything but" | ...
 * concession = "although" | "though" | ...
 *
 * construction             an example of a template                                     label
 * direct                   film was adverb word tail                                    word
 * negated                  film was negation word tail                                  not word
 * affirmed by a negation   nobody could deny that film was adverb word                  word
 * denied                   nobody could claim that film was adverb word                 not word
 * turned                   film was opposite at first but adverb word in the end        word
 * turned and negated       film was any at first but negation word in the end           not word
 * conceded before          concession film was opposite at first , it was word later    word
 * conceded after           film was adverb word concession it was opposite at times     word
 * film last                other was any but film was adverb word                       word
 * film first               film was adverb word but other was any                       word
 * film last and negated    other was any but film was negation word                     not word
 * film first and negated   film was negation word but other was any                     not word
 * hearsay                  person called film opposite but it was adverb word           word
 * hearsay denied           person said film was any but it was negation word            not word
 * compared                 film was more word than opposite tail                        word
 * </pre>
 *
 * <p>Constructions and labels are equally frequent, and no sentence appears twice. For each
 * construction a fifth of the opinion words, drawn by the seed, decide in the evaluation set only:
 * a model sees each word in most constructions, but must transfer it to the others.
 */
public final class SentimentTwin {
  /** How configurations name it. */
  public static final String NAME = "sentiment-twin";

  /** The class names, in the order of their index. */
  public static final List<String> LABELS = List.of("negative", "positive");

  /** How many training examples there are when the configuration is silent. */
  public static final int DEFAULT_TRAIN_EXAMPLES = 10_000;

  /** How many evaluation examples there are when the configuration is silent. */
  public static final int DEFAULT_EVALUATION_EXAMPLES = 2_000;

  /** The most examples one set can have: beyond, distinct sentences get hard to find. */
  public static final int MOST_EXAMPLES = 20_000;

  /** Of each five opinion words, how many decide in the evaluation set only. */
  private static final double HELD_OUT_SHARE = 0.2;

  private static final int POSITIVE = 1;

  private SentimentTwin() {}

  /**
   * Both sets, which share no sentence.
   *
   * @param train what to train on
   * @param evaluation what to evaluate on
   */
  public record Sets(LabelledTexts train, LabelledTexts evaluation) {}

  /**
   * Generates both sets. The result depends on the arguments alone, on every platform; the
   * evaluation set does not depend on the number of training examples.
   *
   * @param trainExamples how many training examples, from 1 to {@link #MOST_EXAMPLES}; 0 for {@link
   *     #DEFAULT_TRAIN_EXAMPLES}
   * @param evaluationExamples how many evaluation examples, likewise; 0 for {@link
   *     #DEFAULT_EVALUATION_EXAMPLES}
   * @param seed decides the content
   * @throws ProblemException of kind configuration when a number is out of range
   */
  public static Sets generate(int trainExamples, int evaluationExamples, long seed) {
    int train = checked("training", trainExamples, DEFAULT_TRAIN_EXAMPLES);
    int evaluation = checked("evaluation", evaluationExamples, DEFAULT_EVALUATION_EXAMPLES);

    // java.util.Random, because its algorithm is specified to the last bit
    Random random = new Random(seed);
    List<Words> trainWords = new ArrayList<>();
    List<Words> evaluationWords = new ArrayList<>();
    for (int i = 0; i < Construction.ALL.size(); i++) {
      Split negative = Split.of(Vocabulary.NEGATIVE, random);
      Split positive = Split.of(Vocabulary.POSITIVE, random);
      trainWords.add(new Words(negative.kept(), positive.kept()));
      evaluationWords.add(new Words(negative.heldOut(), positive.heldOut()));
    }
    // each set has a generator of its own, so the size of one does not change the other
    Random forTrain = new Random(random.nextLong());
    Random forEvaluation = new Random(random.nextLong());
    Set<String> seen = new HashSet<>();
    List<LabelledText> evaluationSentences =
        sentences(evaluation, evaluationWords, forEvaluation, seen);
    List<LabelledText> trainSentences = sentences(train, trainWords, forTrain, seen);
    return new Sets(
        set("train", train, seed, trainSentences),
        set("evaluation", evaluation, seed, evaluationSentences));
  }

  private static int checked(String which, int examples, int otherwise) {
    if (examples < 0 || examples > MOST_EXAMPLES) {
      throw ProblemException.of(
          ProblemKind.CONFIGURATION,
          NAME
              + " generates 1 to "
              + MOST_EXAMPLES
              + " "
              + which
              + " examples, asked for "
              + examples,
          "0 stands for the default, " + otherwise);
    }
    return examples == 0 ? otherwise : examples;
  }

  private static LabelledTexts set(String name, int size, long seed, List<LabelledText> sentences) {
    StringBuilder tsv = new StringBuilder();
    for (LabelledText sentence : sentences) {
      tsv.append(sentence.label()).append('\t').append(sentence.first()).append('\n');
    }
    return new LabelledTexts(
        NAME + ", " + name + ", " + size + " sentences, seed " + seed,
        Sha256.of(tsv.toString().getBytes(StandardCharsets.UTF_8)),
        sentences);
  }

  private static List<LabelledText> sentences(
      int size, List<Words> deciding, Random random, Set<String> seen) {
    List<LabelledText> sentences = new ArrayList<>(size);
    while (sentences.size() < size) {
      int label = sentences.size() % LABELS.size();
      int construction = sentences.size() / LABELS.size() % Construction.ALL.size();
      String text = sentence(construction, label, deciding.get(construction), random);
      if (seen.add(text)) {
        sentences.add(LabelledText.single(text, label));
      }
    }
    Collections.shuffle(sentences, random);
    return sentences;
  }

  private static String sentence(int index, int label, Words deciding, RandomGenerator random) {
    Construction construction = Construction.ALL.get(index);
    boolean positive = (label == POSITIVE) != construction.negates();
    String word = pick(positive ? deciding.positive() : deciding.negative(), random);
    StringBuilder text = new StringBuilder();
    for (String part : pick(construction.templates(), random).split(" ", -1)) {
      text.append(
              switch (part) {
                case "{word}" -> word;
                case "{opposite}" -> pick(all(!positive), random);
                case "{any}" -> another(word, random);
                case "{film}" -> pick(Vocabulary.FILMS, random);
                case "{other}" -> pick(Vocabulary.OTHERS, random);
                case "{person}" -> pick(Vocabulary.PEOPLE, random);
                case "{negation}" -> pick(Vocabulary.NEGATIONS, random);
                case "{adverb}" -> pick(Vocabulary.ADVERBS, random);
                case "{concession}" -> pick(Vocabulary.CONCESSIONS, random);
                case "{tail}" -> pick(Vocabulary.TAILS, random);
                default -> part;
              })
          .append(' ');
    }
    return text.append('.').toString();
  }

  /** An opinion word of either polarity, but not {@code word}. */
  private static String another(String word, RandomGenerator random) {
    String other = word;
    while (other.equals(word)) {
      other = pick(all(random.nextBoolean()), random);
    }
    return other;
  }

  private static List<String> all(boolean positive) {
    return positive ? Vocabulary.POSITIVE : Vocabulary.NEGATIVE;
  }

  private static String pick(List<String> from, RandomGenerator random) {
    return from.get(random.nextInt(from.size()));
  }

  /** The words that may decide, by polarity. */
  private record Words(List<String> negative, List<String> positive) {}

  /** A list of words in two parts. */
  private record Split(List<String> kept, List<String> heldOut) {
    static Split of(List<String> words, Random random) {
      List<String> shuffled = new ArrayList<>(words);
      Collections.shuffle(shuffled, random);
      int heldOut = (int) (HELD_OUT_SHARE * words.size());
      return new Split(
          List.copyOf(shuffled.subList(heldOut, shuffled.size())),
          List.copyOf(shuffled.subList(0, heldOut)));
    }
  }
}
