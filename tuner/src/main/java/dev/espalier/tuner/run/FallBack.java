package dev.espalier.tuner.run;

import dev.espalier.config.Configuration.FallBackStrategy;
import dev.espalier.core.quantization.PreparedQuantization;
import dev.espalier.core.quantization.QuantizationPlan;
import dev.espalier.core.quantization.QuantizedModel;
import dev.espalier.core.quantization.QuantizedModel.Operator;
import dev.espalier.tuner.result.QuantizationFacts.Attempt;
import dev.espalier.tuner.result.Verdict;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Decides which operators of a quantized model go back to float so that the criterion holds, from
 * few evaluations of exported files.
 *
 * <p>{@link FallBackStrategy#MSE}: if the model with everything quantized misses the criterion,
 * operators are ranked by the error of their output (no evaluation), the worst 1, 2, 4, ... fall
 * back until the criterion holds, bisection finds how few of them do, and then those that erred
 * least are quantized again, one by one, as long as it still holds. {@link
 * FallBackStrategy#CONSERVATIVE}: from the float model on, one type of operator after the other is
 * quantized, and stays so if the criterion holds. Of the files that meet the criterion the smallest
 * is handed on; when none does, the one that misses it least.
 */
public final class FallBack {
  /** Types in the order in which the conservative strategy tries them; others follow. */
  private static final List<String> TYPES =
      List.of("Conv", "MatMul", "Gemm", "Attention", "Gather");

  /** Runs a file over the evaluation set and judges it. */
  @FunctionalInterface
  public interface Judge {
    /** What {@code file} scores. */
    Judged judge(Path file);
  }

  /**
   * What a file scores.
   *
   * @param metrics each metric by name
   * @param verdict on them
   */
  public record Judged(Map<String, Double> metrics, Verdict verdict) {}

  /**
   * What was decided.
   *
   * @param model what the file holds that is handed on
   * @param attempts every evaluation in order; empty for {@link FallBackStrategy#NONE}
   * @param fellBack operators that were quantized at first and are float now, worst first
   * @param metrics of the file; null for {@link FallBackStrategy#NONE}, which measures nothing
   */
  public record Decision(
      QuantizedModel model,
      List<Attempt> attempts,
      List<String> fellBack,
      @Nullable Map<String, Double> metrics) {
    /** Copies the lists. */
    public Decision {
      attempts = List.copyOf(attempts);
      fellBack = List.copyOf(fellBack);
    }
  }

  private record Candidate(
      QuantizationPlan plan,
      QuantizedModel model,
      Set<String> floats,
      Attempt attempt,
      Judged judged) {
    boolean isBetterThan(@Nullable Candidate other) {
      if (other == null || attempt.met() != other.attempt.met()) {
        return other == null || attempt.met();
      }
      return attempt.met()
          ? attempt.bytes() < other.attempt.bytes()
          : judged.verdict().shortfall() < other.judged.verdict().shortfall();
    }
  }

  private final PreparedQuantization prepared;
  private final Path target;
  private final QuantizationPlan plan;
  private final int most;
  private final Judge judge;
  private final Consumer<String> tell;
  private final List<Attempt> attempts = new ArrayList<>();
  private Map<String, Double> errors = Map.of();
  private @Nullable Candidate best;
  private @Nullable Candidate last;

  private FallBack(
      PreparedQuantization prepared,
      Path target,
      QuantizationPlan plan,
      int most,
      Judge judge,
      Consumer<String> tell) {
    this.prepared = prepared;
    this.target = target;
    this.plan = plan;
    this.most = most;
    this.judge = judge;
    this.tell = tell;
  }

  /**
   * Quantizes {@code prepared} into {@code target}.
   *
   * @param target the file to write; holds one attempt after the other, and the chosen one at last
   * @param most the largest number of evaluations, at least 1
   * @param judge judges a file; not used by {@link FallBackStrategy#NONE}
   * @param floatMeets whether the float model itself meets the criterion; asked at most once, and
   *     only when it matters
   * @param tell receives a sentence for each evaluation
   */
  public static Decision run(
      FallBackStrategy strategy,
      PreparedQuantization prepared,
      Path target,
      QuantizationPlan plan,
      int most,
      Judge judge,
      BooleanSupplier floatMeets,
      Consumer<String> tell) {
    FallBack fallBack = new FallBack(prepared, target, plan, most, judge, tell);
    return switch (strategy) {
      case NONE -> {
        QuantizedModel model = prepared.quantize(target, plan);
        fallBack.errors = prepared.operatorErrors();
        yield new Decision(fallBack.withErrors(model), List.of(), List.of(), null);
      }
      case MSE -> fallBack.byError(floatMeets);
      case CONSERVATIVE -> fallBack.typeByType();
    };
  }

  // ---------------------------------------------------------------- mse

  private Decision byError(BooleanSupplier floatMeets) {
    Candidate whole = attempt(plan, Set.of());
    errors = prepared.operatorErrors();
    if (whole.attempt().met()) {
      return decision("Everything configured is quantized; the criterion holds.");
    }
    if (!floatMeets.getAsBoolean()) {
      return decision(
          "Nothing fell back: the float model misses the criterion by itself, so that would not"
              + " help.");
    }
    List<String> ranked = ranked(whole.model());
    int missed = 0;
    int met = 0;
    int all = ranked.size() - 1; // with nothing quantized there is no file
    while (met == 0 && missed < all && isLeft()) {
      int count = Math.min(all, Math.max(1, 2 * missed));
      if (fall(first(ranked, count))) {
        met = count;
      } else {
        missed = count;
      }
    }
    while (met - missed > 1 && isLeft()) {
      int middle = (met + missed) / 2;
      if (fall(first(ranked, middle))) {
        met = middle;
      } else {
        missed = middle;
      }
    }
    Set<String> floats = first(ranked, met);
    for (int i = met - 2; i >= 0 && isLeft(); i--) {
      Set<String> fewer = new LinkedHashSet<>(floats);
      fewer.remove(ranked.get(i));
      if (fall(fewer)) {
        floats = fewer;
      }
    }
    Candidate chosen = Objects.requireNonNull(best);
    int fell = chosen.floats().size();
    return decision(
        chosen.attempt().met()
            ? fell
                + (fell == 1 ? " operator" : " operators")
                + " of "
                + ranked.size()
                + " went back to float, and the criterion holds."
            : "The criterion was missed with up to "
                + missed
                + " of "
                + ranked.size()
                + " operators back in float; the file that misses it least has "
                + fell
                + ".");
  }

  private boolean fall(Set<String> floats) {
    return attempt(
            plan.with(changes -> changes.floatNodes = union(plan.floatNodes(), floats)), floats)
        .attempt()
        .met();
  }

  /** What is quantized, by error; what has no error comes last, in the order of the graph. */
  private List<String> ranked(QuantizedModel model) {
    return model.quantized().stream()
        .map(Operator::name)
        .distinct()
        .sorted(
            Comparator.comparingDouble((String name) -> -errors.getOrDefault(name, -1.0))) // stable
        .toList();
  }

  private static Set<String> first(List<String> ranked, int count) {
    return new LinkedHashSet<>(ranked.subList(0, count));
  }

  private static Set<String> union(Set<String> a, Set<String> b) {
    Set<String> all = new HashSet<>(a);
    all.addAll(b);
    return all;
  }

  // ---------------------------------------------------------------- conservative

  private Decision typeByType() {
    // What could be quantized at all; this file is not evaluated.
    QuantizedModel whole = prepared.quantize(target, plan);
    errors = prepared.operatorErrors();
    Set<String> kept = new TreeSet<>();
    List<String> words = new ArrayList<>();
    for (String type : types(whole)) {
      if (!isLeft()) {
        break;
      }
      Set<String> wider = new TreeSet<>(kept);
      wider.add(type);
      Set<String> floats =
          whole.quantized().stream()
              .filter(operator -> !wider.contains(operator.type()))
              .map(Operator::name)
              .collect(Collectors.toCollection(LinkedHashSet::new));
      boolean met = fall(floats);
      words.add(type + (met ? " is quantized" : " stays float"));
      if (met) {
        kept.add(type);
      }
    }
    return decision(String.join(", ", words) + ".");
  }

  private static List<String> types(QuantizedModel model) {
    Set<String> present =
        model.quantized().stream()
            .map(Operator::type)
            .collect(Collectors.toCollection(LinkedHashSet::new));
    List<String> ordered = new ArrayList<>(TYPES);
    ordered.retainAll(present);
    present.stream().filter(type -> !ordered.contains(type)).forEach(ordered::add);
    return ordered;
  }

  // ---------------------------------------------------------------- both

  private boolean isLeft() {
    return attempts.size() < most;
  }

  private Candidate attempt(QuantizationPlan variant, Set<String> floats) {
    QuantizedModel model = prepared.quantize(target, variant);
    Judged judged = judge.judge(target);
    Verdict verdict = judged.verdict();
    Attempt attempt = new Attempt(floats.size(), verdict.value(), verdict.met(), size(target));
    attempts.add(attempt);
    String more =
        switch (floats.size()) {
          case 0 -> "";
          case 1 -> " with one more operator in float";
          default -> " with " + floats.size() + " more operators in float";
        };
    tell.accept("Quantized" + more + ": " + verdict.sentence());
    Candidate candidate = new Candidate(variant, model, floats, attempt, judged);
    if (candidate.isBetterThan(best)) {
      best = candidate;
    }
    last = candidate;
    return candidate;
  }

  private Decision decision(String sentence) {
    Candidate chosen = Objects.requireNonNull(best, "there is one attempt at least");
    if (!chosen.equals(last)) {
      prepared.quantize(target, chosen.plan()); // the same bytes as before
    }
    Map<String, String> notes = new LinkedHashMap<>(chosen.model().notes());
    notes.put("fall-back", sentence);
    List<String> fellBack = List.copyOf(chosen.floats());
    if (!fellBack.isEmpty()) {
      notes.put("back to float", String.join(", ", fellBack));
    }
    QuantizedModel told = new QuantizedModel(notes, chosen.model().operators());
    return new Decision(withErrors(told), attempts, fellBack, chosen.judged().metrics());
  }

  private QuantizedModel withErrors(QuantizedModel model) {
    return new QuantizedModel(
        model.notes(),
        model.operators().stream()
            .map(operator -> operator.withError(errors.get(operator.name())))
            .toList());
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
