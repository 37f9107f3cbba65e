package dev.espalier.testkit;

import dev.espalier.api.metric.AnswerMetric;
import dev.espalier.api.metric.AnsweredQuestion;
import dev.espalier.api.metric.ClassificationMetric;
import dev.espalier.api.metric.Metric;
import dev.espalier.api.metric.RegressionMetric;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Answers that a metric is tried on: of one number of classes, or numbers, or texts. */
abstract class MetricExamples {
  static final long SEED = 20_260_131;
  private static final int SIZE = 40;

  /** Answers with the truth, for one call. */
  interface Case {
    /** What they are. */
    String what();

    /** What {@code metric} makes of them. */
    double value(Metric metric);

    /** The same examples in another order. */
    Case shuffled(long seed);

    /** Overwrites these answers and this truth by those of {@code other}. */
    void becomes(Case other);

    /** All that there is in them, to compare. */
    String inWords();
  }

  /** What {@code metric} can be tried on; empty for a metric of classes that fits none. */
  static List<MetricExamples> of(Metric metric) {
    if (metric instanceof ClassificationMetric classes) {
      return IntStream.of(2, 3, 5)
          .filter(classes::fits)
          .<MetricExamples>mapToObj(OfClasses::new)
          .toList();
    }
    return List.of(metric instanceof RegressionMetric ? new OfNumbers() : new OfAnswers());
  }

  /** The kind of a metric; two of different kinds may share a name. */
  static String kind(Metric metric) {
    if (metric instanceof ClassificationMetric) {
      return "classes";
    }
    return metric instanceof RegressionMetric ? "numbers" : "answers";
  }

  /** In words. */
  abstract String what();

  /** Some right and some wrong; made anew for each call. */
  abstract Case ordinary();

  /** All right. */
  abstract Case perfect();

  /** As wrong as it gets. */
  abstract Case wrong();

  /** One example. */
  abstract Case single();

  /** None. */
  abstract Case empty();

  /** Truth, answers or both without any variety. */
  abstract List<Case> constant();

  /** Outputs that are NaN, one of them or all. */
  abstract List<Case> notNumbers();

  private static int[] order(int size, long seed) {
    List<Integer> order = new ArrayList<>(IntStream.range(0, size).boxed().toList());
    Collections.shuffle(order, new Random(seed));
    return order.stream().mapToInt(Integer::intValue).toArray();
  }

  // ---------------------------------------------------------------- classes

  private static final class Classes implements Case {
    private final String what;
    private final float[][] logits;
    private final int[] labels;

    Classes(String what, float[][] logits, int[] labels) {
      this.what = what;
      this.logits = logits;
      this.labels = labels;
    }

    @Override
    public String what() {
      return what;
    }

    @Override
    public double value(Metric metric) {
      return ((ClassificationMetric) metric).compute(logits, labels);
    }

    @Override
    public Case shuffled(long seed) {
      int[] order = order(labels.length, seed);
      return new Classes(
          what,
          IntStream.of(order).mapToObj(i -> logits[i]).toArray(float[][]::new),
          IntStream.of(order).map(i -> labels[i]).toArray());
    }

    @Override
    public void becomes(Case other) {
      Classes source = (Classes) other;
      for (int i = 0; i < logits.length; i++) {
        System.arraycopy(source.logits[i], 0, logits[i], 0, logits[i].length);
      }
      System.arraycopy(source.labels, 0, labels, 0, labels.length);
    }

    @Override
    public String inWords() {
      return Arrays.deepToString(logits) + Arrays.toString(labels);
    }
  }

  private static final class OfClasses extends MetricExamples {
    private final int classes;

    OfClasses(int classes) {
      this.classes = classes;
    }

    @Override
    String what() {
      return classes + " classes";
    }

    @Override
    Case ordinary() {
      // Two of three answers are right, in every class.
      return answered("ordinary answers", SIZE, (i, label) -> i % 3 == 0 ? label + 1 : label);
    }

    @Override
    Case perfect() {
      return answered("perfect answers", SIZE, (i, label) -> label);
    }

    @Override
    Case wrong() {
      return answered("wrong answers", SIZE, (i, label) -> label + 1);
    }

    @Override
    Case single() {
      return answered("one example", 1, (i, label) -> label);
    }

    @Override
    Case empty() {
      return new Classes("an empty set", new float[0][], new int[0]);
    }

    @Override
    List<Case> constant() {
      List<Case> cases = new ArrayList<>();
      for (int one = 0; one < classes; one++) {
        int same = one;
        Classes answers = answered("one answer to all", SIZE, (i, label) -> same);
        Classes truth = answered("one true class", SIZE, (i, label) -> label);
        Arrays.fill(truth.labels, one);
        Classes both = answered("one class, always right", SIZE, (i, label) -> same);
        Arrays.fill(both.labels, one);
        cases.addAll(List.of(answers, truth, both));
      }
      Classes equal = answered("logits that are all equal", SIZE, (i, label) -> label);
      for (float[] row : equal.logits) {
        Arrays.fill(row, 0.25f);
      }
      cases.add(equal);
      return cases;
    }

    @Override
    List<Case> notNumbers() {
      Classes one = answered("a logit that is NaN", SIZE, (i, label) -> label);
      one.logits[1][0] = Float.NaN;
      Classes row = answered("a row of NaN", SIZE, (i, label) -> label);
      Arrays.fill(row.logits[2], Float.NaN);
      Classes all = answered("logits that are all NaN", SIZE, (i, label) -> label);
      for (float[] each : all.logits) {
        Arrays.fill(each, Float.NaN);
      }
      return List.of(one, row, all);
    }

    private interface Answer {
      int to(int i, int label);
    }

    private Classes answered(String what, int size, Answer answer) {
      Random random = new Random(SEED);
      float[][] logits = new float[size][classes];
      int[] labels = new int[size];
      for (int i = 0; i < size; i++) {
        labels[i] = (i / 2 + i) % classes;
        for (int k = 0; k < classes; k++) {
          logits[i][k] = -1 - random.nextFloat();
        }
        logits[i][answer.to(i, labels[i]) % classes] = 1 + 3 * random.nextFloat();
      }
      return new Classes(what, logits, labels);
    }
  }

  // ---------------------------------------------------------------- numbers

  private static final class Numbers implements Case {
    private final String what;
    private final double[] predicted;
    private final double[] expected;

    Numbers(String what, double[] predicted, double[] expected) {
      this.what = what;
      this.predicted = predicted;
      this.expected = expected;
    }

    @Override
    public String what() {
      return what;
    }

    @Override
    public double value(Metric metric) {
      return ((RegressionMetric) metric).compute(predicted, expected);
    }

    @Override
    public Case shuffled(long seed) {
      int[] order = order(expected.length, seed);
      return new Numbers(
          what,
          IntStream.of(order).mapToDouble(i -> predicted[i]).toArray(),
          IntStream.of(order).mapToDouble(i -> expected[i]).toArray());
    }

    @Override
    public void becomes(Case other) {
      Numbers source = (Numbers) other;
      System.arraycopy(source.predicted, 0, predicted, 0, predicted.length);
      System.arraycopy(source.expected, 0, expected, 0, expected.length);
    }

    @Override
    public String inWords() {
      return Arrays.toString(predicted) + Arrays.toString(expected);
    }
  }

  private static final class OfNumbers extends MetricExamples {
    @Override
    String what() {
      return "numbers";
    }

    @Override
    Case ordinary() {
      Random noise = new Random(SEED + 1);
      return predicted("ordinary predictions", SIZE, truth -> truth + noise.nextGaussian());
    }

    @Override
    Case perfect() {
      return predicted("perfect predictions", SIZE, truth -> truth);
    }

    @Override
    Case wrong() {
      return predicted("predictions that fall where the truth rises", SIZE, truth -> -truth);
    }

    @Override
    Case single() {
      return predicted("one example", 1, truth -> truth + 0.5);
    }

    @Override
    Case empty() {
      return new Numbers("an empty set", new double[0], new double[0]);
    }

    @Override
    List<Case> constant() {
      Numbers truth = predicted("true numbers that are all equal", SIZE, each -> each);
      Arrays.fill(truth.expected, 0.1);
      Numbers answers = predicted("predictions that are all equal", SIZE, each -> 0.1);
      Numbers both = predicted("numbers that are all equal", SIZE, each -> 0.1);
      Arrays.fill(both.expected, 0.1);
      return List.of(truth, answers, both);
    }

    @Override
    List<Case> notNumbers() {
      Numbers one = predicted("a prediction that is NaN", SIZE, truth -> truth);
      one.predicted[1] = Double.NaN;
      return List.of(one, predicted("predictions that are all NaN", SIZE, truth -> Double.NaN));
    }

    private interface Prediction {
      double of(double truth);
    }

    private static Numbers predicted(String what, int size, Prediction prediction) {
      Random random = new Random(SEED);
      double[] predicted = new double[size];
      double[] expected = new double[size];
      for (int i = 0; i < size; i++) {
        expected[i] = 5 * random.nextDouble();
        predicted[i] = prediction.of(expected[i]);
      }
      return new Numbers(what, predicted, expected);
    }
  }

  // ---------------------------------------------------------------- answers

  private record Answers(String what, List<AnsweredQuestion> questions) implements Case {
    @Override
    public double value(Metric metric) {
      return ((AnswerMetric) metric).compute(questions);
    }

    @Override
    public Case shuffled(long seed) {
      return new Answers(
          what, IntStream.of(order(questions.size(), seed)).mapToObj(questions::get).toList());
    }

    @Override
    public void becomes(Case other) {
      questions.clear();
      questions.addAll(((Answers) other).questions);
    }

    @Override
    public String inWords() {
      return questions.toString();
    }
  }

  /** Two of three questions have an answer in the text, the third has none. */
  private static final class OfAnswers extends MetricExamples {
    @Override
    String what() {
      return "answers";
    }

    @Override
    Case ordinary() {
      return answered("ordinary answers", SIZE, i -> i % 4 != 0);
    }

    @Override
    Case perfect() {
      return answered("perfect answers", SIZE, i -> true);
    }

    @Override
    Case wrong() {
      return answered("wrong answers", SIZE, i -> false);
    }

    @Override
    Case single() {
      return answered("one question", 1, i -> true);
    }

    @Override
    Case empty() {
      return new Answers("an empty set", new ArrayList<>());
    }

    @Override
    List<Case> constant() {
      List<AnsweredQuestion> silent = new ArrayList<>();
      List<AnsweredQuestion> none = new ArrayList<>();
      List<AnsweredQuestion> all = new ArrayList<>();
      for (int i = 0; i < SIZE; i++) {
        silent.add(new AnsweredQuestion("q" + i, null, null, 0, accepted(i)));
        none.add(new AnsweredQuestion("q" + i, "", "a guess", i, List.of()));
        all.add(new AnsweredQuestion("q" + i, "a guess", "a guess", -i, List.of("the truth")));
      }
      return List.of(
          new Answers("a model that said nothing", silent),
          new Answers("questions without an answer", none),
          new Answers("questions with an answer, all wrong", all));
    }

    @Override
    List<Case> notNumbers() {
      List<AnsweredQuestion> one = new ArrayList<>();
      for (AnsweredQuestion each : answered("", SIZE, i -> true).questions) {
        double noAnswer = each.id().equals("q1") ? Double.NaN : each.noAnswer();
        one.add(
            new AnsweredQuestion(each.id(), each.answer(), each.best(), noAnswer, each.accepted()));
      }
      return List.of(new Answers("a difference of logits that is NaN", one));
    }

    private interface Right {
      boolean of(int i);
    }

    private static Answers answered(String what, int size, Right right) {
      List<AnsweredQuestion> questions = new ArrayList<>();
      for (int i = 0; i < size; i++) {
        List<String> accepted = accepted(i);
        String truth = accepted.isEmpty() ? "" : accepted.get(0);
        String guess = "some other words";
        String best = !truth.isEmpty() && right.of(i) ? truth : guess;
        String answer = right.of(i) ? truth : truth.isEmpty() ? guess : "";
        // No two alike, since the order of equal ones is the metric's to choose.
        double noAnswer = (answer.isEmpty() ? 100 : 1) + i;
        questions.add(new AnsweredQuestion("q" + i, answer, best, noAnswer, accepted));
      }
      return new Answers(what, questions);
    }

    private static List<String> accepted(int i) {
      return i % 3 == 2 ? List.of() : List.of("answer number " + i, "number " + i);
    }
  }
}
