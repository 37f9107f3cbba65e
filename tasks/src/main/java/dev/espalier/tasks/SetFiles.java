package dev.espalier.tasks;

import dev.espalier.core.data.TaskSource.DataFile;
import dev.espalier.core.data.TaskSource.Request;
import dev.espalier.core.model.PretrainedModels;
import dev.espalier.tasks.text.Part;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The files of a set and what of them is used.
 *
 * @param files the file; several for a table that is spread over Parquet files
 * @param part the rows or paragraphs
 */
record SetFiles(List<Path> files, Part part) {
  static final String TRAIN = "data.train";
  static final String CALIBRATION = "data.calibration";
  static final String EVALUATION = "data.evaluation";
  static final String MISMATCHED = "data.evaluation_mismatched";

  /** Copies the list and checks that there is a file. */
  SetFiles {
    files = List.copyOf(files);
    if (files.isEmpty()) {
      throw new IllegalArgumentException("no file");
    }
  }

  /** What a request names, by its keys, the training set first. */
  static Map<String, DataFile> named(Request request) {
    Map<String, DataFile> named = new LinkedHashMap<>();
    put(named, TRAIN, request.train());
    put(named, CALIBRATION, request.calibration());
    put(named, EVALUATION, request.evaluation());
    put(named, MISMATCHED, request.evaluationMismatched());
    return named;
  }

  private static void put(Map<String, DataFile> named, String key, @Nullable DataFile file) {
    if (file != null) {
      named.put(key, file);
    }
  }

  /**
   * The files of all that a request names.
   *
   * @throws dev.espalier.api.problem.ProblemException when a part is none, or a data set cannot be
   *     found
   */
  static Map<String, SetFiles> of(Request request, TaskLoader.DataSets elsewhere) {
    Map<String, SetFiles> sets = new LinkedHashMap<>();
    named(request)
        .forEach(
            (key, file) -> {
              String reference = file.reference();
              List<Path> files =
                  PretrainedModels.isElsewhere(reference)
                      ? elsewhere.files(reference, splits(key))
                      : List.of(Path.of(reference));
              String part = file.part();
              sets.put(key, new SetFiles(files, part == null ? Part.ALL : Part.of(part)));
            });
    return sets;
  }

  /** What the splits are called that a key stands for, the likeliest first. */
  static List<String> splits(String key) {
    return switch (key) {
      case EVALUATION -> List.of("validation", "validation_matched");
      case MISMATCHED -> List.of("validation_mismatched");
      default -> List.of("train");
    };
  }
}
