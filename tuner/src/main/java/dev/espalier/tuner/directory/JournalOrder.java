package dev.espalier.tuner.directory;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The order in which a run finishes stages: first {@code prepare}, then those of the baseline, then
 * trial after trial, last the verdict. Asked line by line, it says what no run writes.
 */
public final class JournalOrder {
  private static final String FAILED = "failed";
  private static final String MEASURE = "measure";

  /** What has to be finished before a stage of the baseline; one of them is enough. */
  private static final Map<String, List<String>> BASELINE =
      Map.of(
          "prepare",
          List.of(),
          "read",
          List.of("prepare"),
          "fine_tune",
          List.of("prepare"),
          "export",
          List.of("fine_tune", "read"),
          MEASURE,
          List.of("export"));

  /** The same for the stages of a trial; a list that is empty: the trial may begin with it. */
  private static final Map<String, List<String>> TRIAL =
      Map.of(
          "propose",
          List.of(),
          "fine_prune",
          List.of(),
          "export",
          List.of("fine_prune"),
          "quantize",
          List.of("export"),
          MEASURE,
          List.of("export"),
          FAILED,
          List.of());

  /** A stage of a trial. */
  private record Place(int trial, String stage) {
    @Override
    public String toString() {
      return "stage " + stage + " of trial " + trial;
    }
  }

  private final Set<Place> seen = new HashSet<>();
  private int current;
  private boolean concluded;

  /**
   * What is wrong with the next line, or null when it may stand there.
   *
   * @param trial 0 for the dense baseline
   * @param stage the stage's name
   */
  @Nullable String problemOf(int trial, String stage) {
    if (stage.equals(Stages.REBUILD)) {
      return concluded ? null : "the result is rebuilt before there is a verdict";
    }
    Place next = new Place(trial, stage);
    if (concluded) {
      return next + " comes after the verdict";
    }
    if (stage.equals(Stages.VERDICT)) {
      concluded = true;
      return trial > 0 && isSeen(trial, MEASURE) && hasEnded(current)
          ? null
          : next + " comes before the trial has ended";
    }
    List<String> before = (trial == 0 ? BASELINE : TRIAL).get(stage);
    if (trial < 0 || before == null) {
      return "there is no " + next;
    }
    if (seen.contains(next)) {
      return next + " is finished twice";
    }
    if (trial != current && !(trial == current + 1 && hasEnded(current))) {
      return next + " comes after trial " + current + ", which has not ended or is another one";
    }
    boolean first = seen.stream().noneMatch(place -> place.trial() == trial);
    boolean isNext =
        before.isEmpty()
            ? first || !(stage.equals("propose") || stage.equals("prepare"))
            : before.stream().anyMatch(each -> isSeen(trial, each));
    boolean late = isSeen(trial, MEASURE) || isSeen(trial, FAILED);
    if (!isNext || late) {
      return next + " is out of order";
    }
    current = trial;
    seen.add(next);
    return null;
  }

  private boolean isSeen(int trial, String stage) {
    return seen.contains(new Place(trial, stage));
  }

  /** A baseline that is given has no stages but the preparation. */
  private boolean hasEnded(int trial) {
    if (isSeen(trial, MEASURE) || isSeen(trial, FAILED)) {
      return true;
    }
    boolean nothingElse = seen.size() == 1;
    return trial == 0 && nothingElse && isSeen(0, "prepare");
  }
}
