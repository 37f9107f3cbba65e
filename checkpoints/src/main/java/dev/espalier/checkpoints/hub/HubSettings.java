package dev.espalier.checkpoints.hub;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where the hub and its cache are, from the environment variables that the hub's own libraries
 * read.
 *
 * @param cache the folder with {@code models--...}: HF_HUB_CACHE, else HF_HOME/hub, else {@code
 *     ~/.cache/huggingface/hub}
 * @param endpoint the server: HF_ENDPOINT, or the hub's own
 * @param token what the server may ask for: HF_TOKEN, or the file HF_HOME/token; null for none
 * @param offline HF_HUB_OFFLINE: the network is never used, whatever else is said
 * @param mayDownload whether files that the cache lacks may be fetched
 * @param pause before a request is made again, doubled each time
 */
public record HubSettings(
    Path cache,
    URI endpoint,
    @Nullable String token,
    boolean offline,
    boolean mayDownload,
    Duration pause) {
  private static final String DEFAULT_ENDPOINT = "https://huggingface.co";
  private static final Duration PAUSE = Duration.ofMillis(500);
  private static final Set<String> YES = Set.of("1", "on", "yes", "true");

  /**
   * What {@code environment} says.
   *
   * @param home the user's folder
   * @param mayDownload whether files that the cache lacks may be fetched
   */
  public static HubSettings of(Map<String, String> environment, Path home, boolean mayDownload) {
    String general = environment.get("XDG_CACHE_HOME");
    Path base = general == null ? home.resolve(".cache") : Path.of(general);
    String own = environment.get("HF_HOME");
    Path folder = own == null ? base.resolve("huggingface") : expanded(own, home);
    String cache = environment.get("HF_HUB_CACHE");
    String offline = environment.getOrDefault("HF_HUB_OFFLINE", "").toLowerCase(Locale.ROOT);
    String endpoint = environment.getOrDefault("HF_ENDPOINT", DEFAULT_ENDPOINT);
    return new HubSettings(
        cache == null ? folder.resolve("hub") : expanded(cache, home),
        URI.create(endpoint.replaceAll("/+$", "")),
        token(environment, folder),
        YES.contains(offline),
        mayDownload,
        PAUSE);
  }

  /** Whether the network may be used. */
  boolean online() {
    return mayDownload && !offline;
  }

  /** Without the token, which is told to nobody. */
  @Override
  public String toString() {
    return "cache " + cache + ", endpoint " + endpoint + (offline ? ", offline" : "");
  }

  private static @Nullable String token(Map<String, String> environment, Path folder) {
    String given = environment.get("HF_TOKEN");
    if (given == null) {
      Path file = folder.resolve("token");
      try {
        given = Files.isReadable(file) ? Files.readString(file) : "";
      } catch (IOException e) {
        given = "";
      }
    }
    String token = given.strip();
    return token.isEmpty() ? null : token;
  }

  private static Path expanded(String path, Path home) {
    return path.startsWith("~/") ? home.resolve(path.substring(2)) : Path.of(path);
  }
}
