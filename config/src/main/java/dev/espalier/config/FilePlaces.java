package dev.espalier.config;

import dev.espalier.api.problem.Location;
import dev.espalier.config.foreign.ForeignFile;
import java.util.Optional;

/** The places in a file, for whoever reads its tree. */
record FilePlaces(YamlDocument document) implements LayerReader.Places, ForeignFile.Places {
  @Override
  public Location value(String path) {
    return document.locate(path);
  }

  @Override
  public Location key(String path) {
    return document.locateKey(path);
  }

  @Override
  public Optional<String> written(String path) {
    return document.written(path);
  }
}
