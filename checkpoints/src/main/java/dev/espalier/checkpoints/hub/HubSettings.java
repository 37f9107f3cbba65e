package dev.espalier.checkpoints.hub;

import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
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
 * @param patience how long next to nothing of a file may come before the request is given up
 */
public record HubSettings(
    Path cache,
    URI endpoint,
    @Nullable String token,
    boolean offline,
    boolean mayDownload,
    Duration pause,
    Duration patience) {
  private static final String DEFAULT_ENDPOINT = "https://huggingface.co";
  private static final Duration PAUSE = Duration.ofMillis(500);
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int LARGEST_PORT = 65_535;
  private static final Set<String> YES = Set.of("1", "on", "yes", "true");

  /**
   * What {@code environment} says.
   *
   * @param home the user's folder
   * @param mayDownload whether files that the cache lacks may be fetched
   * @throws ProblemException of kind CONFIGURATION when the server would be asked, and HF_ENDPOINT
   *     or the token is none
   */
  public static HubSettings of(Map<String, String> environment, Path home, boolean mayDownload) {
    String general = environment.get("XDG_CACHE_HOME");
    Path base = general == null ? home.resolve(".cache") : Path.of(general);
    String own = environment.get("HF_HOME");
    Path folder = own == null ? base.resolve("huggingface") : expanded(own, home);
    String cache = environment.get("HF_HUB_CACHE");
    String offline = environment.getOrDefault("HF_HUB_OFFLINE", "").toLowerCase(Locale.ROOT);
    boolean isOffline = YES.contains(offline);
    boolean asks = mayDownload && !isOffline;
    String endpoint = environment.getOrDefault("HF_ENDPOINT", DEFAULT_ENDPOINT);
    String token = token(environment, folder);
    URI server;
    try {
      server = endpoint(endpoint);
    } catch (ProblemException e) {
      if (asks) {
        throw e;
      }
      server = URI.create(DEFAULT_ENDPOINT); // what nobody asks need not be right
    }
    return new HubSettings(
        cache == null ? folder.resolve("hub") : expanded(cache, home),
        server,
        asks ? checked(token) : token,
        isOffline,
        mayDownload,
        PAUSE,
        PATIENCE);
  }

  private static URI endpoint(String written) {
    URI uri;
    try {
      uri = new URI(written.strip().replaceAll("/+$", ""));
    } catch (URISyntaxException e) {
      throw wrong("HF_ENDPOINT: \"" + written + "\" is no URL: " + e.getReason());
    }
    String scheme = uri.getScheme();
    if (scheme == null || !List.of("http", "https").contains(scheme.toLowerCase(Locale.ROOT))) {
      throw wrong("HF_ENDPOINT: must begin with https:// or http://, found \"" + written + "\"");
    }
    if (uri.getHost() == null || uri.getPort() > LARGEST_PORT) {
      throw wrong("HF_ENDPOINT: \"" + written + "\" names no server");
    }
    if (uri.getRawQuery() != null || uri.getRawFragment() != null) {
      throw wrong("HF_ENDPOINT: must have no ? and no #, found \"" + written + "\"");
    }
    return uri;
  }

  private static ProblemException wrong(String message) {
    return new ProblemException(
        List.of(
            new Problem(
                ProblemKind.CONFIGURATION,
                ProblemCode.BAD_FORMAT,
                null,
                message,
                "Unset it, and it is the hub's own, or write for instance https://hub.example.")));
  }

  /** A token goes into a header; the message does not show it. */
  private static @Nullable String checked(@Nullable String token) {
    if (token != null && token.chars().anyMatch(c -> c <= ' ' || c > '~')) {
      throw new ProblemException(
          List.of(
              new Problem(
                  ProblemKind.CONFIGURATION,
                  ProblemCode.BAD_FORMAT,
                  null,
                  "HF_TOKEN: this is no token: it has a space, a line break or another character"
                      + " that no token has",
                  "Copy it again; without HF_TOKEN the file HF_HOME/token counts.")));
    }
    return token;
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
