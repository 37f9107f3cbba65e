package dev.espalier.djl;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.core.files.AtomicFile;
import dev.espalier.core.model.CheckpointStore;
import dev.espalier.core.model.Tensor;
import dev.espalier.core.training.FinePruner.Checkpointing;
import dev.espalier.core.training.FinePruner.Point;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the state of a training: arrays in {@code step-120.safetensors}, and in {@code
 * step-120.json}, which is written last and makes them count, everything else.
 */
final class TrainingState {
  private static final Pattern STATE = Pattern.compile("step-(\\d{1,18})\\.(json|safetensors)");
  private static final Gson JSON = new Gson();

  private final Checkpointing where;
  private final CheckpointStore store;

  TrainingState(Checkpointing where, CheckpointStore store) {
    this.where = where;
    this.store = store;
  }

  /**
   * All but the arrays.
   *
   * @param training what is trained how, in words; a state of another training is refused
   * @param step steps done
   * @param seconds wall time of these steps
   * @param progress {@link TrainingProgress#state}
   * @param steering what steers λ, or null when nothing is steered
   * @param curve samples so far
   */
  record Scalars(
      String training,
      long step,
      double seconds,
      TrainingProgress.State progress,
      LambdaController.@Nullable State steering,
      List<Point> curve) {}

  /**
   * The content of the JSON file. Checksums tell a file that was damaged from one that was trained;
   * states of earlier builds have none, and hold the scalars alone.
   *
   * @param scalars all but the arrays
   * @param scalarsCrc32c of their JSON
   * @param arraysCrc32c of the file of the arrays
   */
  private record Kept(@Nullable Scalars scalars, long scalarsCrc32c, long arraysCrc32c) {}

  /** Whether a state is due after {@code step} steps. */
  boolean isDue(long step) {
    return step % where.everySteps() == 0;
  }

  /** Keeps a state, and removes the ones before it once it is on the disk. */
  void write(Scalars scalars, SortedMap<String, float[]> arrays) {
    SortedMap<String, Tensor> tensors = new TreeMap<>();
    arrays.forEach((name, values) -> tensors.put(name, Tensor.vector(values)));
    Path arraysFile = file(scalars.step(), "safetensors");
    store.writeTensors(arraysFile, tensors);
    Kept kept = new Kept(scalars, checksum(scalars), checksum(arraysFile));
    byte[] json = JSON.toJson(kept).getBytes(StandardCharsets.UTF_8);
    AtomicFile.write(file(scalars.step(), "json"), out -> out.write(json));
    for (Path file : files()) {
      if (step(file) < scalars.step()) {
        remove(file);
      }
    }
  }

  /** Takes over the arrays of a state, and what steers λ; {@link StepEngine#load} is one. */
  interface Load {
    /** Throws an IllegalArgumentException that says what does not fit. */
    void load(long done, StepEngine.State state);
  }

  /**
   * Loads the newest state that is there.
   *
   * @param training as in {@link Scalars}
   * @return the rest of that state, or nothing when there is none
   * @throws ProblemException of kind INPUT when it is broken or another training's
   */
  Optional<Scalars> restore(String training, Load load) {
    Optional<Path> newest =
        files().stream()
            .filter(file -> file.toString().endsWith(".json"))
            .max((a, b) -> Long.compare(step(a), step(b)));
    if (newest.isEmpty()) {
      return Optional.empty();
    }
    Path file = newest.get();
    Scalars scalars = read(file);
    if (!scalars.training().equals(training)) {
      throw broken(
          file,
          "this is the state of another training: "
              + scalars.training()
              + "; now it is "
              + training,
          null);
    }
    SortedMap<String, float[]> arrays = new TreeMap<>();
    store
        .readTensors(file(scalars.step(), "safetensors"))
        .forEach((name, tensor) -> arrays.put(name, tensor.values()));
    try {
      load.load(scalars.step(), new StepEngine.State(arrays, scalars.steering()));
    } catch (IllegalArgumentException e) {
      throw broken(file, String.valueOf(e.getMessage()), e);
    }
    return Optional.of(scalars);
  }

  private Scalars read(Path file) {
    try {
      String json = Files.readString(file);
      Kept kept = JSON.fromJson(json, Kept.class);
      Scalars scalars = kept == null ? null : kept.scalars();
      if (scalars == null) {
        scalars = JSON.fromJson(json, Scalars.class);
      } else if (checksum(scalars) != kept.scalarsCrc32c()) {
        throw broken(file, "it was damaged after it was written", null);
      } else if (checksum(file(scalars.step(), "safetensors")) != kept.arraysCrc32c()) {
        throw broken(
            file(scalars.step(), "safetensors"), "it was damaged after it was written", null);
      }
      if (scalars != null
          && scalars.training() != null
          && scalars.progress() != null
          && scalars.curve() != null) {
        return scalars;
      }
      throw broken(file, "something is missing in it", null);
    } catch (IOException | JsonParseException | NumberFormatException e) {
      // Gson lets a number that is none through as it comes.
      throw broken(file, e.toString(), e);
    }
  }

  private static long checksum(Scalars scalars) {
    CRC32C checksum = new CRC32C();
    checksum.update(JSON.toJson(scalars).getBytes(StandardCharsets.UTF_8));
    return checksum.getValue();
  }

  private static long checksum(Path file) {
    CRC32C checksum = new CRC32C();
    try (InputStream in = Files.newInputStream(file)) {
      byte[] buffer = new byte[1 << 16];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        checksum.update(buffer, 0, read);
      }
    } catch (IOException e) {
      throw broken(file, e.toString(), e);
    }
    return checksum.getValue();
  }

  private Path file(long step, String ending) {
    return where.folder().resolve("step-" + step + "." + ending);
  }

  private List<Path> files() {
    if (!Files.isDirectory(where.folder())) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(where.folder())) {
      return new ArrayList<>(files.filter(file -> step(file) >= 0).toList());
    } catch (IOException e) {
      throw broken(where.folder(), e.toString(), e);
    }
  }

  /** The step that a file's name tells; -1 for other files. */
  private static long step(Path file) {
    Matcher name = STATE.matcher(file.getFileName().toString());
    return name.matches() ? Long.parseLong(name.group(1)) : -1;
  }

  private static void remove(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // It only takes room: the newest state is the one that counts.
    }
  }

  private static ProblemException broken(Path file, String why, @Nullable Throwable cause) {
    return new ProblemException(
        List.of(
            new Problem(
                ProblemKind.INPUT,
                Location.ofFile(file.toString()),
                "the training cannot be resumed from this state: " + why,
                "Remove the folder " + file.getParent() + " to train from the beginning.")),
        cause);
  }
}
