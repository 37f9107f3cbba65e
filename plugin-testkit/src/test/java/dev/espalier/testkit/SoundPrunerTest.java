package dev.espalier.testkit;

/** The one line that a plugin's author writes. */
final class SoundPrunerTest extends PrunerContract {
  SoundPrunerTest() {
    super("sound");
  }
}
