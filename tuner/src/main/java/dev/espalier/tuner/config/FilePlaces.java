package dev.espalier.tuner.config;

import dev.espalier.api.problem.Location;
import dev.espalier.tuner.config.lpot.LpotFile;
import java.util.Optional;

/** The places in a file, for whoever reads its tree. */
record FilePlaces(YamlDocument document) implements LayerReader.Places, LpotFile.Places {
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
