package dev.espalier.core.training;

/** Something whose code is a plugin's and not Espalier's. */
public interface FromPlugin {
  /** The plugin for people: what it is called, its class, and its jar. */
  String plugin();
}
