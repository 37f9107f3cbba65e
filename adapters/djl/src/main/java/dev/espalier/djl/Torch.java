package dev.espalier.djl;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import java.util.ArrayList;
import java.util.List;

/** The PyTorch engine, loaded when it is first needed. */
final class Torch {
  private static final String ENGINE = "PyTorch";

  private Torch() {}

  /**
   * Loads the engine.
   *
   * @throws ProblemException of kind ENVIRONMENT when the native library does not load
   */
  static Engine engine() {
    try {
      return Engine.getEngine(ENGINE);
    } catch (EngineException | LinkageError e) {
      throw new ProblemException(
          List.of(
              new Problem(
                  ProblemKind.ENVIRONMENT,
                  null,
                  "PyTorch's native library does not load: " + causes(e),
                  "It comes from Maven for linux-x86_64, osx-aarch64 and win-x86_64 and unpacks"
                      + " 432 MB under DJL_CACHE_DIR (default ~/.djl.ai): check platform, disk and"
                      + " limits of memory.")),
          e);
    }
  }

  /** What DJL says, and what made it say so: that a disk is full, for instance. */
  private static String causes(Throwable thrown) {
    List<String> messages = new ArrayList<>();
    for (Throwable each = thrown; each != null; each = each.getCause()) {
      messages.add(each.getMessage() == null ? each.toString() : each.getMessage());
    }
    return String.join(": ", messages);
  }

  /** A manager for arrays that outlive a training step; to be closed by the caller. */
  static NDManager newManager() {
    engine();
    NDManager manager = NDManager.newBaseManager(Device.cpu(), ENGINE);
    chooseKernels(manager);
    return manager;
  }

  /**
   * Calls, on one thread, each operator that PyTorch hands to MKL's vector library.
   *
   * <p>MKL chooses the kernel of such a function at its first call in a process, and two threads
   * that make the first call together race: one of them may compute its share of the array by a
   * kernel of low accuracy (relative error 5e-5), once (PyTorch issue 188792). Two runs of one seed
   * then differ from the first step on. A first call with one element cannot race.
   */
  private static void chooseKernels(NDManager manager) {
    try (NDManager scratch = manager.newSubManager()) {
      scratch.create(1f).tanh();
    }
  }

  /** Sets the number of threads inside one operator. */
  static void useThreads(int threads) {
    engine();
    JniUtils.setNumThreads(threads);
  }
}
