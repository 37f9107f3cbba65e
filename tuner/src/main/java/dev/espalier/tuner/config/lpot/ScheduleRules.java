package dev.espalier.tuner.config.lpot;

import static dev.espalier.tuner.config.lpot.LpotTranslator.COMPRESSION;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * When the sparsity rises. LPOT counts in epochs or steps; we count in multiples of the warm-up,
 * from both ends of the run.
 */
final class ScheduleRules {
  private static final String EPOCHS = "pruning.train.epochs";
  private static final String STEPS = "pruning.train.max_steps";
  private static final String WARMUP = "pruning.train.warmup";
  private static final String INITIAL = COMPRESSION + ".initial_warmup";
  private static final String FINAL = COMPRESSION + ".final_warmup";
  private static final Pattern SHARE = Pattern.compile("([0-9]{1,3}(\\.[0-9]{1,9})?) ?%");
  private static final double DEFAULT_WARMUP = 0.1;
  private static final long LAST_EPOCH_BY_DEFAULT = 4;

  private final Draft draft;
  private final long firstEpoch;

  ScheduleRules(Draft draft, long firstEpoch) {
    this.draft = draft;
    this.firstEpoch = firstEpoch;
  }

  /** Applies the rules, for a pruner that follows a sparsity or for one that does not. */
  void apply(boolean follows) {
    Merged start = Merged.take(draft, "start_epoch");
    Merged end = Merged.take(draft, "end_epoch");
    Merged startStep = Merged.take(draft, "start_step");
    Merged endStep = Merged.take(draft, "end_step");
    if (!follows) {
      for (Merged key : new Merged[] {start, end, startStep, endStep}) {
        key.unused(draft, "the zeros that are there stay from the first step on");
      }
      return;
    }
    boolean steps = startStep.isThere() || endStep.isThere();
    if (start.isThere() || end.isThere()) {
      startStep.unused(draft, "there are epochs");
      endStep.unused(draft, "there are epochs");
      epochs(start, end);
    } else if (steps) {
      steps(startStep, endStep);
    } else if (!draft.has(INITIAL) && !draft.has(FINAL)) {
      draft.line(
          COMPRESSION,
          "no start_epoch, no end_epoch",
          "initial_warmup and final_warmup, which are those of Espalier unless they are set");
    }
  }

  private void epochs(Merged start, Merged end) {
    Optional<Long> first = count(start, 0);
    Optional<Long> last = count(end, LAST_EPOCH_BY_DEFAULT);
    if (first.isEmpty() || last.isEmpty()) {
      return;
    }
    Merged at = end.isThere() ? end : start;
    if (!isGrowing(at, "epoch", first.get(), last.get())) {
      return;
    }
    if (first.get() < firstEpoch) {
      draft.wrong(
          start.path(),
          "must be at least "
              + firstEpoch
              + ", the first epoch of pruning.train, found "
              + first.get(),
          null);
      return;
    }
    Optional<Double> trained = Values.number(draft.effective(EPOCHS));
    long from = first.get() - firstEpoch;
    long to = last.get() - firstEpoch;
    double epochs = trained.orElse(to + 1.0);
    if (trained.isEmpty() && draft.effective(STEPS) == null) {
      draft.put(
          EPOCHS,
          Draft.node(to + 1),
          at.path(),
          "end_epoch " + last.get() + ", which is trained to its end");
    }
    if (to >= epochs) {
      undecided(
          at,
          "must be below the number of epochs, which is "
              + Values.plain(epochs)
              + ", found "
              + last.get()
              + ": the target sparsity would never be reached",
          "Maybe --set "
              + EPOCHS
              + "="
              + (to + 1)
              + " is meant: a pruner's end_epoch is trained, that of pruning.train is not.");
      return;
    }
    String counts = "start_epoch " + first.get() + ", end_epoch " + last.get();
    put(at, counts + " of " + Values.plain(epochs) + " epochs", from / epochs, to / epochs);
  }

  private void steps(Merged start, Merged end) {
    Optional<Long> first = count(start, 0);
    Optional<Long> last = count(end, 0);
    if (first.isEmpty() || last.isEmpty()) {
      return;
    }
    Merged at = end.isThere() ? end : start;
    String counts = "start_step " + first.get() + ", end_step " + last.get();
    if (first.get() == 0 && last.get() == 0) {
      draft.line(
          at.path(),
          counts,
          "not used: with LPOT they are replaced by code; here initial_warmup and final_warmup"
              + " decide");
      return;
    }
    if (!isGrowing(at, "step", first.get(), last.get())) {
      return;
    }
    Optional<Double> total = Values.number(draft.effective(STEPS));
    if (total.isEmpty()) {
      undecided(
          at,
          "the length of the run in steps must be known, found " + last.get(),
          "Maybe --set " + STEPS + "=" + 2 * last.get() + " is meant.");
    } else if (last.get() >= total.get()) {
      undecided(
          at,
          "must be below "
              + STEPS
              + ", which is "
              + Values.plain(total.get())
              + ", found "
              + last.get()
              + ": the target sparsity would never be reached",
          "Maybe --set " + STEPS + "=" + 2 * last.get() + " is meant.");
    } else {
      String of = counts + " of " + Values.plain(total.get()) + " steps";
      put(at, of, first.get() / total.get(), last.get() / total.get());
    }
  }

  private boolean isGrowing(Merged at, String unit, long first, long last) {
    if (first < last) {
      return true;
    }
    undecided(
        at,
        first == last
            ? "start_" + unit + " is the same, and nothing is pruned at once here, found " + last
            : "must be above start_" + unit + ", which is " + first + ", found " + last,
        first == last ? "Maybe " + (last + 1) + " is meant." : "Maybe the two are swapped.");
    return false;
  }

  /** Puts the stretch, from one share of the run to another. */
  private void put(Merged at, String from, double begins, double ends) {
    Optional<Double> warmup = warmup();
    if (warmup.isEmpty()) {
      undecided(
          at,
          "pruning.train.warmup must be a share above 0 for a schedule in epochs or steps",
          "Maybe --set " + WARMUP + "=10% is meant.");
      return;
    }
    double unit = warmup.get();
    String remark =
        String.format(
            ": the sparsity rises from %s%% to %s%% of the run",
            Values.plain(100 * begins), Values.plain(100 * ends));
    JsonNode initial = Values.rounded(begins / unit);
    JsonNode last = Values.rounded((1 - ends) / unit);
    if (draft.overriddenBy(INITIAL) == null && draft.overriddenBy(FINAL) == null) {
      draft.set(INITIAL, initial, at.path());
      draft.set(FINAL, last, at.path());
      String both = " " + Draft.show(initial) + ", final_warmup " + Draft.show(last);
      draft.line(at.path(), from, INITIAL + both + remark);
    } else {
      draft.put(INITIAL, initial, at.path(), from);
      draft.put(FINAL, last, at.path(), from);
    }
  }

  private Optional<Double> warmup() {
    JsonNode warmup = draft.effective(WARMUP);
    if (warmup == null) {
      return Optional.of(DEFAULT_WARMUP);
    }
    Matcher share = SHARE.matcher(warmup.asText());
    return share.matches()
        ? Optional.of(Double.parseDouble(share.group(1)) / 100).filter(s -> s > 0)
        : Optional.empty();
  }

  private Optional<Long> count(Merged key, long fallback) {
    JsonNode value = key.value();
    if (value == null) {
      return Optional.of(fallback);
    }
    Optional<Long> count = Values.count(value);
    if (count.isEmpty()) {
      draft.wrong(
          key.path(), "must be a whole number of at least 0, found " + Draft.show(value), null);
    }
    return count;
  }

  /** Reports, unless both ends of the schedule are set above the file. */
  private void undecided(Merged at, String message, String advice) {
    String target = draft.overriddenBy(INITIAL) == null ? INITIAL : FINAL;
    draft.undecided(at.path(), at.from(), target, message, advice);
  }
}
