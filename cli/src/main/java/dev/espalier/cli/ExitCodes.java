package dev.espalier.cli;

/** The exit codes as {@code --help} lists them; the README has the same. */
final class ExitCodes {
  static final String HEADING = "%nExit codes:%n";
  static final String DONE = "0:it is done";
  static final String BUG = "1:a bug in Espalier";
  static final String USAGE = "2:a mistake on the command line";
  static final String MISTAKE = "2:a mistake in the configuration or on the command line";
  static final String CHECKPOINT = "2:the checkpoint is broken, or a mistake on the command line";
  static final String MODEL =
      "2:the model cannot be quantized, or a mistake in the configuration or on the command line";
  static final String ONNX = "4:the machine cannot do it: native library, memory, disk";
  static final String DISK = "4:the machine cannot do it: memory, disk";
  static final String PLUGIN = "4:a plugin cannot be loaded, or failed";

  static final String MET = "0:the accuracy criterion is met";
  static final String MISTAKE_OR_DATA =
      "2:a mistake in the configuration, the command line or a data file";
  static final String MISSED = "3:the criterion is missed; the best effort is saved";
  static final String MISSED_RUN =
      "3:criterion or target sparsity missed, or a dense model that learned nothing; the best effort"
          + " is saved";
  static final String FAILED =
      "4:the machine or the training failed: native library, memory, disk, divergence";
  static final String INTERRUPTED = "130:interrupted; the journal holds every finished stage";

  private ExitCodes() {}
}
