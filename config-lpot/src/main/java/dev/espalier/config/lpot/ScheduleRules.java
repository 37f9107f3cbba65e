package dev.espalier.config.lpot;

import static dev.espalier.config.lpot.LpotFormat.COMPRESSION;

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

  private final LpotTree tree;
  private final long firstEpoch;

  ScheduleRules(LpotTree tree, long firstEpoch) {
    this.tree = tree;
    this.firstEpoch = firstEpoch;
  }

  /** Applies the rules, for a pruner that follows a sparsity or for one that does not. */
  void apply(boolean follows) {
    PrunerKey start = PrunerKey.take(tree, "start_epoch");
    PrunerKey end = PrunerKey.take(tree, "end_epoch");
    PrunerKey startStep = PrunerKey.take(tree, "start_step");
    PrunerKey endStep = PrunerKey.take(tree, "end_step");
    if (!follows) {
      for (PrunerKey key : new PrunerKey[] {start, end, startStep, endStep}) {
        key.unused(tree, "the zeros that are there stay from the first step on");
      }
      return;
    }
    boolean steps = startStep.isThere() || endStep.isThere();
    if (start.isThere() || end.isThere()) {
      startStep.unused(tree, "there are epochs");
      endStep.unused(tree, "there are epochs");
      epochs(start, end);
    } else if (steps) {
      steps(startStep, endStep);
    } else if (!tree.has(INITIAL) && !tree.has(FINAL)) {
      tree.line(
          COMPRESSION,
          "no start_epoch, no end_epoch",
          "initial_warmup and final_warmup, which are those of Espalier unless they are set");
    }
  }

  private void epochs(PrunerKey start, PrunerKey end) {
    Optional<Long> first = count(start, 0);
    Optional<Long> last = count(end, LAST_EPOCH_BY_DEFAULT);
    if (first.isEmpty() || last.isEmpty()) {
      return;
    }
    PrunerKey at = end.isThere() ? end : start;
    if (!isGrowing(at, "epoch", first.get(), last.get())) {
      return;
    }
    if (first.get() < firstEpoch) {
      tree.wrong(
          start.path(),
          "must be at least "
              + firstEpoch
              + ", the first epoch of pruning.train, found "
              + first.get(),
          null);
      return;
    }
    Optional<Double> trained = Values.number(tree.effective(EPOCHS));
    long from = first.get() - firstEpoch;
    long to = last.get() - firstEpoch;
    double epochs = trained.orElse(to + 1.0);
    if (trained.isEmpty() && tree.effective(STEPS) == null) {
      tree.put(
          EPOCHS,
          LpotTree.node(to + 1),
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

  private void steps(PrunerKey start, PrunerKey end) {
    Optional<Long> first = count(start, 0);
    Optional<Long> last = count(end, 0);
    if (first.isEmpty() || last.isEmpty()) {
      return;
    }
    PrunerKey at = end.isThere() ? end : start;
    String counts = "start_step " + first.get() + ", end_step " + last.get();
    if (first.get() == 0 && last.get() == 0) {
      tree.line(
          at.path(),
          counts,
          "not used: with LPOT they are replaced by code; here initial_warmup and final_warmup"
              + " decide");
      return;
    }
    if (!isGrowing(at, "step", first.get(), last.get())) {
      return;
    }
    Optional<Double> total = Values.number(tree.effective(STEPS));
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

  private boolean isGrowing(PrunerKey at, String unit, long first, long last) {
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
  private void put(PrunerKey at, String from, double begins, double ends) {
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
    if (tree.overriddenBy(INITIAL) == null && tree.overriddenBy(FINAL) == null) {
      tree.set(INITIAL, initial, at.path());
      tree.set(FINAL, last, at.path());
      String both = " " + LpotTree.show(initial) + ", final_warmup " + LpotTree.show(last);
      tree.line(at.path(), from, INITIAL + both + remark);
    } else {
      tree.put(INITIAL, initial, at.path(), from);
      tree.put(FINAL, last, at.path(), from);
    }
  }

  private Optional<Double> warmup() {
    JsonNode warmup = tree.effective(WARMUP);
    if (warmup == null) {
      return Optional.of(DEFAULT_WARMUP);
    }
    Matcher share = SHARE.matcher(warmup.asText());
    return share.matches()
        ? Optional.of(Double.parseDouble(share.group(1)) / 100).filter(s -> s > 0)
        : Optional.empty();
  }

  private Optional<Long> count(PrunerKey key, long fallback) {
    JsonNode value = key.value();
    if (value == null) {
      return Optional.of(fallback);
    }
    Optional<Long> count = Values.count(value);
    if (count.isEmpty()) {
      tree.wrong(
          key.path(), "must be a whole number of at least 0, found " + LpotTree.show(value), null);
    }
    return count;
  }

  /** Reports, unless both ends of the schedule are set above the file. */
  private void undecided(PrunerKey at, String message, String advice) {
    String target = tree.overriddenBy(INITIAL) == null ? INITIAL : FINAL;
    tree.undecided(at.path(), at.from(), target, message, advice);
  }
}
