package dev.espalier.checkpoints.hub;

import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the Parquet files of a data set of the hub: {@code hf-dataset:glue/sst2}, {@code
 * hf-dataset:organization/name/configuration@revision#split}.
 *
 * <p>Of two names before any {@code @} or {@code #} the first is an organization, or, when it has
 * no such data set, a data set and the second one of its configurations. Where a repository has no
 * Parquet files those are taken that the hub makes of it, at {@code refs/convert/parquet}.
 */
public final class HubDatasets {
  private static final String PREFIX = "hf-dataset:";
  private static final String CONVERTED = "refs/convert/parquet";
  private static final String ENDING = ".parquet";
  private static final int LISTED = 20;

  /** Folders that stand for no configuration in particular. */
  private static final List<String> UNNAMED = List.of("", "data", "default");

  private static final Pattern WRITTEN =
      Pattern.compile("hf-dataset:([^@#]+)(?:@([^#]*))?(?:#([A-Za-z0-9_]+))?");

  private final Hub hub;

  /** Of a hub. */
  public HubDatasets(Hub hub) {
    this.hub = hub;
  }

  /** A repository, and the configuration that is meant; null for the only one. */
  private record Candidate(HubReference repository, @Nullable String configuration) {}

  /** A Parquet file of a repository, by what its path says. */
  private record Table(String configuration, String split, String file) {
    /** Reads configuration/split/0000.parquet and configuration/split-00000-of-00001.parquet. */
    static Optional<Table> of(String file) {
      if (!file.endsWith(ENDING)) {
        return Optional.empty();
      }
      List<String> parts = List.of(file.split("/", -1));
      String name = parts.get(parts.size() - 1);
      String stem = name.substring(0, name.length() - ENDING.length());
      int above = parts.size() - 2;
      String split = stem.replaceFirst("-\\d+-of-\\d+$", "");
      if (stem.matches("\\d+") && above >= 0) {
        split = parts.get(above--);
      }
      String folder = above < 0 ? "" : parts.get(above);
      return Optional.of(new Table(UNNAMED.contains(folder) ? "" : folder, split, file));
    }
  }

  /**
   * The Parquet files of a split, in the order of their names.
   *
   * @param written the reference, as in the configuration
   * @param splits what the split may be called where the reference names none, the likeliest first
   * @return files of the hub's cache
   * @throws ProblemException of kind CONFIGURATION when the reference is none, or several
   *     configurations are possible; of kind INPUT when there is no such data set or split, or it
   *     is not in the cache and may not be fetched
   */
  public List<Path> files(String written, List<String> splits) {
    Matcher matcher = WRITTEN.matcher(written);
    if (!matcher.matches()) {
      throw problem(
          ProblemKind.CONFIGURATION,
          ProblemCode.BAD_FORMAT,
          written,
          "this is no data set of the hub",
          "For instance hf-dataset:glue/sst2 or hf-dataset:organization/name/configuration#train.");
    }
    List<String> wanted = matcher.group(3) == null ? splits : List.of(matcher.group(3));
    List<Candidate> candidates = candidates(matcher.group(1), matcher.group(2));
    ProblemException first = null;
    for (Candidate candidate : candidates) {
      try {
        return files(candidate, matcher.group(2) == null, wanted);
      } catch (ProblemException e) {
        if (first == null) {
          first = e;
        }
        if (!isMissing(e)) {
          throw e;
        }
      }
    }
    throw first;
  }

  private static boolean isMissing(ProblemException e) {
    return e.problems().get(0).code() == ProblemCode.MISSING_FILE;
  }

  private static List<Candidate> candidates(String names, @Nullable String revision) {
    String at = revision == null ? "" : "@" + revision;
    int last = names.lastIndexOf('/');
    List<Candidate> candidates = new ArrayList<>();
    if (names.chars().filter(c -> c == '/').count() < 2) {
      candidates.add(new Candidate(reference(names + at), null));
    }
    if (last > 0) {
      String configuration = names.substring(last + 1);
      candidates.add(new Candidate(reference(names.substring(0, last) + at), configuration));
    }
    return candidates;
  }

  private static HubReference reference(String written) {
    return HubReference.parse(PREFIX + written).orElseThrow();
  }

  private List<Path> files(Candidate candidate, boolean usual, List<String> splits) {
    Found found = find(candidate, splits);
    if (usual && found.known().stream().noneMatch(file -> file.endsWith(ENDING))) {
      found =
          find(
              new Candidate(candidate.repository().at(CONVERTED), candidate.configuration()),
              splits);
    }
    if (found.files().isEmpty()) {
      throw noSplit(candidate, found, splits);
    }
    return found.files();
  }

  /**
   * What was looked for, and where.
   *
   * @param files the Parquet files, of the cache
   * @param known all files of the repository, or, when the server was not asked, of the cache
   * @param asked whether the server was
   */
  private record Found(List<Path> files, List<String> known, boolean asked) {}

  private Found find(Candidate candidate, List<String> splits) {
    List<String> there = new ArrayList<>();
    Hub.Snapshot snapshot =
        hub.snapshot(
            candidate.repository(),
            files -> {
              there.addAll(files);
              return chosen(candidate, files, splits);
            });
    boolean asked = !there.isEmpty();
    List<String> known = asked ? there : in(snapshot.folder());
    return new Found(
        chosen(candidate, known, splits).stream().map(snapshot.folder()::resolve).toList(),
        known,
        asked);
  }

  private static List<String> chosen(Candidate candidate, List<String> files, List<String> splits) {
    List<Table> tables =
        files.stream()
            .flatMap(file -> Table.of(file).stream())
            .filter(
                table ->
                    candidate.configuration() == null
                        || table.configuration().equals(candidate.configuration()))
            .toList();
    for (String split : splits) {
      Map<String, List<String>> byConfiguration =
          tables.stream()
              .filter(table -> table.split().equals(split))
              .collect(
                  Collectors.groupingBy(
                      Table::configuration,
                      TreeMap::new,
                      Collectors.mapping(Table::file, Collectors.toList())));
      if (byConfiguration.size() > 1) {
        throw problem(
            ProblemKind.CONFIGURATION,
            ProblemCode.CONTRADICTION,
            candidate.repository().toString(),
            "the data set has several configurations: "
                + String.join(", ", byConfiguration.keySet()),
            "Name one of them: "
                + candidate.repository()
                + "/"
                + byConfiguration.keySet().iterator().next()
                + ".");
      }
      for (List<String> found : byConfiguration.values()) {
        return found.stream().sorted().toList();
      }
    }
    return List.of();
  }

  private static List<String> in(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> folder.relativize(file).toString().replace('\\', '/'))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ProblemException noSplit(Candidate candidate, Found found, List<String> splits) {
    String others =
        found.known().stream()
            .flatMap(file -> Table.of(file).stream())
            .map(table -> table.configuration() + "#" + table.split())
            .distinct()
            .sorted()
            .limit(LISTED)
            .collect(Collectors.joining(", "));
    return problem(
        ProblemKind.INPUT,
        ProblemCode.UNKNOWN_NAME,
        candidate.repository().toString(),
        "there is no Parquet file of "
            + (candidate.configuration() == null ? "" : candidate.configuration() + ", ")
            + String.join(" or ", splits)
            + (found.asked() ? "" : " in the cache")
            + ", there is "
            + (others.isEmpty() ? "none at all" : others),
        found.asked()
            ? "Maybe another is meant: hf-dataset:organization/name/configuration#split."
            : "Maybe it was not fetched yet: add --allow-download.");
  }

  private static ProblemException problem(
      ProblemKind kind, ProblemCode code, String written, String message, String advice) {
    return new ProblemException(
        List.of(new Problem(kind, code, Location.ofFile(written), message, advice)));
  }
}
