package dev.espalier.config;

import dev.espalier.api.problem.Location;
import java.util.List;

/** The YAML files of one configuration, the later over the earlier; there is at least one. */
record Documents(List<YamlDocument> files) {
  Documents {
    files = List.copyOf(files);
  }

  /** Whether a file says something at {@code path}. */
  boolean has(String path) {
    return files.stream().anyMatch(file -> file.has(path));
  }

  /** Where the key at {@code path} stands, or the nearest key around it; else the first file. */
  Location around(String path) {
    for (String at = path; !at.isEmpty(); at = Paths.parent(at)) {
      for (int i = files.size() - 1; i >= 0; i--) {
        if (files.get(i).has(at)) {
          return files.get(i).locateKey(at);
        }
      }
    }
    return files.get(0).around("");
  }
}
