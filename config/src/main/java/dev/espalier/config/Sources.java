package dev.espalier.config;

import dev.espalier.config.foreign.Mapping;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a configuration was made from.
 *
 * @param layers what each source says, the defaults first, each over those before it
 * @param documents the YAML files with the places of their keys
 * @param mappings as {@link ResolvedConfiguration#mappings}
 * @param files as {@link ResolvedConfiguration#files}
 * @param folder as {@link ResolvedConfiguration#folder}
 * @param sha256 as {@link ResolvedConfiguration#sha256}
 * @param assignments as {@link ResolvedConfiguration#assignments}
 */
record Sources(
    List<Layer> layers,
    Documents documents,
    List<Mapping> mappings,
    List<Path> files,
    Path folder,
    String sha256,
    List<String> assignments) {
  Sources {
    layers = List.copyOf(layers);
    mappings = List.copyOf(mappings);
    files = List.copyOf(files);
    assignments = List.copyOf(assignments);
  }

  /** The same sources with further ones over them. */
  Sources with(List<Layer> above) {
    List<Layer> all = new ArrayList<>(layers);
    all.addAll(above);
    return new Sources(all, documents, mappings, files, folder, sha256, assignments);
  }
}
