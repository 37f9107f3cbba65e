package dev.espalier.cli;

/** The exit codes as {@code --help} lists them; the README has the same. */
final class ExitCodes {
  static final String HEADING = "%nExit codes:%n";
  static final String DONE = "0:it is done";
  static final String BUG = "1:a bug in Espalier";
  static final String USAGE = "2:a mistake on the command line";
  static final String MISTAKE = "2:a mistake in the configuration or on the command line";
  static final String PLUGIN = "4:a plugin cannot be loaded";

  private ExitCodes() {}
}
