package dev.espalier.djl;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
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
                  "PyTorch's native library does not load: " + e.getMessage(),
                  "It comes from Maven for linux-x86_64, osx-aarch64 and win-x86_64 and unpacks"
                      + " 432 MB under DJL_CACHE_DIR (default ~/.djl.ai): check platform and disk.")),
          e);
    }
  }

  /** A manager for arrays that outlive a training step; to be closed by the caller. */
  static NDManager newManager() {
    engine();
    return NDManager.newBaseManager(Device.cpu(), ENGINE);
  }

  /** Sets the number of threads inside one operator. */
  static void useThreads(int threads) {
    engine();
    JniUtils.setNumThreads(threads);
  }
}
