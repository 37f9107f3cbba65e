package dev.espalier.tasks;

import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.core.data.TaskSource.DataFile;
import dev.espalier.core.model.PretrainedModels;
import dev.espalier.tasks.text.Part;
import dev.espalier.tasks.text.TextFile;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Keeps training, calibration and evaluation sets apart: what a model was fitted to must not judge
 * it.
 */
final class Overlap {
  private static final Pattern BLANKS = Pattern.compile("\\s+");

  private Overlap() {}

  /**
   * The texts of an example as they are compared: surrounding and repeated blanks, case and
   * Unicode's compatibility forms do not make another example of one.
   */
  record Compared(String first, @Nullable String second) {
    /** Takes the one text, or both. */
    static Compared of(String first, @Nullable String second) {
      return new Compared(plain(first), second == null ? null : plain(second));
    }

    private static String plain(String text) {
      String composed = Normalizer.normalize(text, Normalizer.Form.NFKC);
      return BLANKS.matcher(composed).replaceAll(" ").strip().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Where a set is from.
   *
   * @param key how the configuration calls it, such as data.train
   */
  record Origin(String key, TextFile file, Part part) {}

  /**
   * What a model is fitted to.
   *
   * @param train the training set; where none was asked for, the calibration set
   * @param calibration the calibration set beside it
   */
  record Fitted(Origin train, Optional<Origin> calibration) {
    /**
     * The sets that a request names.
     *
     * @param sets what each key names
     * @param read reads it
     */
    static Fitted of(Map<String, SetFiles> sets, BiFunction<String, SetFiles, Origin> read) {
      Optional<Origin> calibrated =
          Optional.ofNullable(sets.get(SetFiles.CALIBRATION))
              .map(files -> read.apply(SetFiles.CALIBRATION, files));
      Optional<Origin> trained =
          Optional.ofNullable(sets.get(SetFiles.TRAIN))
              .map(files -> read.apply(SetFiles.TRAIN, files));
      return new Fitted(
          trained.or(() -> calibrated).orElseThrow(),
          calibrated.filter(origin -> trained.isPresent()));
    }

    /** Both, or the one. */
    List<Origin> all() {
      return Stream.concat(Stream.of(train), calibration.stream()).toList();
    }
  }

  /**
   * Checks that no two sets are made of the same rows of the same content, by whatever path;
   * evaluation sets may be.
   *
   * @param fitted what a model is trained and calibrated on
   * @param judged what it is evaluated on
   * @throws ProblemException of kind configuration, for each two that are
   */
  static void checkRows(List<Origin> fitted, List<Origin> judged) {
    List<Problem> problems = new ArrayList<>();
    for (int i = 0; i < fitted.size(); i++) {
      List<Origin> others = new ArrayList<>(fitted.subList(i + 1, fitted.size()));
      others.addAll(judged);
      for (Origin other : others) {
        if (overlap(fitted.get(i), other)) {
          problems.add(mistake(fitted.get(i).key(), said(fitted.get(i)), other.key(), said(other)));
        }
      }
    }
    if (!problems.isEmpty()) {
      throw new ProblemException(problems);
    }
  }

  private static boolean overlap(Origin one, Origin other) {
    return one.file().sha256().equals(other.file().sha256()) && one.part().overlaps(other.part());
  }

  /**
   * The same of sets that name the same files, without reading them.
   *
   * @param named what each key names, the training set first
   */
  static List<Problem> check(Map<String, DataFile> named) {
    List<Map.Entry<String, DataFile>> sets = new ArrayList<>(named.entrySet());
    List<Problem> mistakes = new ArrayList<>();
    for (int i = 0; i < sets.size(); i++) {
      Map.Entry<String, DataFile> one = sets.get(i);
      Part part = part(one.getValue());
      for (Map.Entry<String, DataFile> other : sets.subList(i + 1, sets.size())) {
        Part others = part(other.getValue());
        if (!isJudged(one.getKey()) && nameTheSame(one, other) && part.overlaps(others)) {
          mistakes.add(
              mistake(
                  one.getKey(),
                  said(part, one.getValue().reference()),
                  other.getKey(),
                  said(others, other.getValue().reference())));
        }
      }
    }
    return mistakes;
  }

  /** A part that is no part is reported elsewhere. */
  private static Part part(DataFile file) {
    return Optional.ofNullable(file.part()).flatMap(Part::parse).orElse(Part.ALL);
  }

  private static boolean nameTheSame(
      Map.Entry<String, DataFile> one, Map.Entry<String, DataFile> other) {
    String reference = one.getValue().reference();
    String others = other.getValue().reference();
    if (!PretrainedModels.isElsewhere(reference) || !PretrainedModels.isElsewhere(others)) {
      return Path.of(reference).equals(Path.of(others));
    }
    return reference.equals(others)
        && (reference.contains("#")
            || SetFiles.splits(one.getKey()).equals(SetFiles.splits(other.getKey())));
  }

  private static boolean isJudged(String key) {
    return key.startsWith("data.evaluation");
  }

  private static Problem mistake(String one, String itsRows, String other, String others) {
    return Problem.of(
        ProblemCode.CONTRADICTION,
        other,
        "has rows of " + one + ", too: " + others + ", " + itsRows,
        "Maybe another file is meant, or parts of it: data.train_part: 201- and"
            + " data.evaluation_part: 1-200.");
  }

  private static String said(Origin origin) {
    return said(origin.part(), origin.file().source());
  }

  private static String said(Part part, String file) {
    return part.isAll() ? "all of " + file : part + " of " + file;
  }

  /**
   * Checks that calibration and evaluation have no text in common.
   *
   * @throws ProblemException of kind input when they have
   */
  static void checkTexts(
      Origin calibration, List<Compared> texts, Origin evaluation, List<Compared> judged) {
    Set<Compared> known = new HashSet<>(judged);
    List<Integer> shared = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      if (known.contains(texts.get(i))) {
        shared.add(i + calibration.part().first());
      }
    }
    if (!shared.isEmpty()) {
      throw new ProblemException(
          List.of(
              new Problem(
                  ProblemKind.INPUT,
                  ProblemCode.BAD_DATA,
                  Location.ofFile(calibration.file().source()),
                  shared.size()
                      + " of "
                      + texts.size()
                      + " calibration examples are evaluation examples of "
                      + evaluation.file().source()
                      + ", too: the first is number "
                      + shared.get(0),
                  "Remove them, or choose others with data.calibration_part.")));
    }
  }

  /**
   * Checks that a calibration or evaluation set is not taken from what a model is fitted to, such
   * as a shuffled copy of it. Real data sets have a few examples in common, so those are only told.
   *
   * @return what a user should know of examples in common; empty when there are none
   * @throws ProblemException of kind input when more are in common than {@link HeldOut} allows
   */
  static Optional<String> checkHeldOut(
      Origin fitted, List<Compared> texts, Origin evaluation, List<Compared> judged) {
    HeldOut heldOut = HeldOut.of(texts, judged);
    if (heldOut.shared() == 0) {
      return Optional.empty();
    }
    String counts =
        heldOut.shared()
            + " of "
            + heldOut.judged()
            + " examples of "
            + evaluation.key()
            + " are examples of "
            + fitted.key()
            + ", too";
    if (heldOut.isCopy()) {
      throw new ProblemException(
          List.of(
              new Problem(
                  ProblemKind.INPUT,
                  ProblemCode.BAD_DATA,
                  Location.ofFile(evaluation.file().source()),
                  counts + " (" + said(fitted) + "), so they say nothing of new ones",
                  "Maybe another file is meant; otherwise remove them from one of the two, or"
                      + " divide one file with data.train_part and data.evaluation_part.")));
    }
    return Optional.of(
        counts
            + (isJudged(evaluation.key())
                ? ", whatever their labels: what is measured on them is too good."
                : ": their ranges are those of texts that the model was fitted to."));
  }
}
