package dev.espalier.checkpoints.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Redirect;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The hub's protocol: what a revision holds, what a file is, and its bytes. Redirects are followed
 * by hand, so that the token is shown to the hub alone and not to the store that has the large
 * files.
 */
final class HubServer {
  private static final int MOST_REDIRECTS = 5;
  private static final int PROXY_WANTS_A_NAME = 407;
  private static final int LARGEST_DESCRIPTION = 64 << 20;
  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration ANSWER = Duration.ofSeconds(60);
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final HubSettings settings;

  /** Made for the first request: it loads many classes, and most commands make none. */
  private @Nullable HttpClient client;

  HubServer(HubSettings settings) {
    this.settings = settings;
  }

  /**
   * What a revision holds.
   *
   * @param commit 40 hexadecimal digits
   * @param files names of all files, with folders
   */
  record Revision(String commit, List<String> files) {}

  /**
   * What a file is.
   *
   * @param hash SHA-256 of a large file, or git's SHA-1 of a small one, in hexadecimal
   * @param size in bytes
   */
  record FileFacts(String hash, long size) {}

  /** A file's bytes from some position on; to be closed. */
  record Bytes(InputStream stream, boolean fromPosition) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      stream.close();
    }
  }

  private synchronized HttpClient client() {
    if (client == null) {
      client =
          HttpClient.newBuilder().followRedirects(Redirect.NEVER).connectTimeout(CONNECT).build();
    }
    return client;
  }

  Revision revision(HubReference reference) throws IOException {
    URI uri = uri(reference.apiPath() + "/revision/" + encoded(reference.revision()));
    try (InputStream body = steady(follow("GET", uri, reference, OptionalLong.empty()))) {
      byte[] bytes = body.readNBytes(LARGEST_DESCRIPTION);
      JsonNode root = JSON.readTree(bytes);
      String commit = root.path("sha").asText("");
      List<String> files = new ArrayList<>();
      root.path("siblings").forEach(file -> files.add(file.path("rfilename").asText()));
      if (!commit.matches("[0-9a-f]{40}")) {
        throw HubException.disturbed(
            "the server names no commit of " + reference, "Maybe HF_ENDPOINT is no hub.");
      }
      return new Revision(commit, List.copyOf(files));
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw HubException.disturbed(
          "the server's description of " + reference + " is no JSON",
          "Maybe HF_ENDPOINT is no hub, or a proxy answers in its place.");
    }
  }

  /** What a file is, without its bytes. */
  FileFacts facts(HubReference at, String file) throws IOException {
    URI here = fileUri(at, file);
    HttpResponse<InputStream> answer = head(here);
    // A large file's answer redirects to a store; the hub's own headers say what it is.
    for (int i = 0; isRedirect(answer) && header(answer, "x-linked-etag") == null; i++) {
      here = next(answer, here, at, i);
      answer = head(here);
    }
    if (!isRedirect(answer)) {
      check(answer, at, file);
    }
    String hash = header(answer, "x-linked-etag");
    hash = hash == null ? header(answer, "etag") : hash;
    String size = header(answer, "x-linked-size");
    size = size == null ? header(answer, "content-length") : size;
    String plain = hash == null ? "" : hash.replaceFirst("^W/", "").replace("\"", "");
    if (!plain.matches("[0-9a-f]{40}|[0-9a-f]{64}") || size == null || !size.matches("\\d{1,18}")) {
      throw HubException.disturbed(
          "the server does not say what "
              + at
              + "/"
              + file
              + " is: hash "
              + hash
              + ", size "
              + size,
          "Maybe HF_ENDPOINT is no hub, or a proxy removes headers.");
    }
    return new FileFacts(plain, Long.parseLong(size));
  }

  /** A file's bytes from {@code position} on, or from its beginning if the server cannot. */
  Bytes bytes(HubReference at, String file, long position) throws IOException {
    HttpResponse<InputStream> answer =
        follow(
            "GET",
            fileUri(at, file),
            at,
            position == 0 ? OptionalLong.empty() : OptionalLong.of(position));
    String range = header(answer, "content-range");
    boolean partial = answer.statusCode() == 206 && range != null;
    if (partial && !range.startsWith("bytes " + position + "-")) {
      answer.body().close();
      throw HubException.failed(
          "the server sent " + range + " of " + file + " in place of what follows " + position,
          null);
    }
    return new Bytes(steady(answer), partial);
  }

  private InputStream steady(HttpResponse<InputStream> answer) {
    return new SteadyStream(answer.body(), settings.patience());
  }

  private HttpResponse<InputStream> head(URI uri) throws IOException {
    HttpResponse<InputStream> answer = send("HEAD", uri, OptionalLong.empty());
    answer.body().close();
    return answer;
  }

  private HttpResponse<InputStream> follow(
      String method, URI start, HubReference reference, OptionalLong position) throws IOException {
    URI here = start;
    HttpResponse<InputStream> answer = send(method, here, position);
    for (int i = 0; isRedirect(answer); i++) {
      answer.body().close();
      here = next(answer, here, reference, i);
      answer = send(method, here, position);
    }
    try {
      check(answer, reference, null);
    } catch (IOException e) {
      answer.body().close();
      throw e;
    }
    return answer;
  }

  private URI next(HttpResponse<?> answer, URI here, HubReference reference, int redirects)
      throws IOException {
    String location = header(answer, "location");
    if (location == null || redirects == MOST_REDIRECTS) {
      throw HubException.disturbed(
          "the server redirects "
              + (location == null ? "to nowhere" : "in circles")
              + " when asked for "
              + reference,
          "Maybe HF_ENDPOINT is wrong.");
    }
    URI target;
    try {
      target = here.resolve(location);
    } catch (IllegalArgumentException e) {
      throw HubException.disturbed(
          "the server redirects to \"" + location + "\", which is no URL: " + e.getMessage(),
          "Maybe HF_ENDPOINT is wrong, or a proxy answers in the hub's place.");
    }
    if (!List.of("http", "https").contains(String.valueOf(target.getScheme()))
        || (here.getScheme().equals("https") && !target.getScheme().equals("https"))) {
      throw HubException.disturbed(
          "the server redirects to " + target.getScheme() + ", which is not followed",
          "Maybe HF_ENDPOINT is wrong, or a proxy answers in the hub's place.");
    }
    return target;
  }

  private HttpResponse<InputStream> send(String method, URI uri, OptionalLong position)
      throws IOException {
    try {
      return client().send(request(method, uri, position), BodyHandlers.ofInputStream());
    } catch (IllegalArgumentException e) {
      // A URL may be well formed and yet lead nowhere: without a host, to port 99999.
      throw HubException.disturbed(
          "cannot ask \"" + uri + "\": " + e.getMessage(),
          "Maybe HF_ENDPOINT is wrong, or a proxy answers in the hub's place.");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw HubException.disturbed("interrupted while it was fetched", "Run again to go on.");
    } catch (IOException e) {
      throw HubException.failed(
          "cannot reach " + uri.getScheme() + "://" + uri.getAuthority() + ": " + reason(e), e);
    }
  }

  private HttpRequest request(String method, URI uri, OptionalLong position) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri)
            .method(method, BodyPublishers.noBody())
            .timeout(ANSWER)
            // Compressed answers would have another length than the file.
            .header("Accept-Encoding", "identity")
            .header("User-Agent", "espalier");
    if (settings.token() != null && isOfTheHub(uri)) {
      request.header("Authorization", "Bearer " + settings.token());
    }
    position.ifPresent(from -> request.header("Range", "bytes=" + from + "-"));
    return request.build();
  }

  private boolean isOfTheHub(URI uri) {
    URI hub = settings.endpoint();
    return Objects.equals(hub.getScheme(), uri.getScheme())
        && String.valueOf(hub.getAuthority()).equalsIgnoreCase(String.valueOf(uri.getAuthority()));
  }

  private void check(HttpResponse<?> answer, HubReference reference, @Nullable String file)
      throws IOException {
    int status = answer.statusCode();
    if (status == 200 || status == 206) {
      return;
    }
    String what = reference + (file == null ? "" : "/" + file);
    String code = String.valueOf(header(answer, "x-error-code"));
    if (status == 401 || status == 403) {
      throw HubException.refused(
          code.equals("GatedRepo")
              ? what + " is gated: its owner must grant access"
              : settings.token() == null
                  ? "the server asks who wants " + what + " (" + status + "), and there is no token"
                  : "the server does not give " + what + " to this token (" + status + ")",
          "Maybe the name is misspelt, which the hub answers the same way; for a private or gated"
              + " repository set HF_TOKEN to a token that may read it.");
    }
    if (status == 404) {
      throw HubException.refused(
          code.equals("RevisionNotFound")
              ? "there is no revision " + reference.revision() + " of " + reference
              : "there is no " + what,
          "Maybe the name is misspelt.");
    }
    String message = "the server answered " + status + " when asked for " + what;
    if (status == 408 || status == 429 || status >= 500) {
      throw HubException.failed(message, null);
    }
    if (status == PROXY_WANTS_A_NAME) {
      throw HubException.disturbed(
          message + ": a proxy asks who wants it",
          "Give Java the proxy's user and password, or use another network.");
    }
    String advice = "Maybe HF_ENDPOINT is no hub.";
    throw status / 100 == 4
        ? HubException.refused(message, advice)
        : HubException.disturbed(message, advice);
  }

  private URI fileUri(HubReference at, String file) {
    String path =
        Arrays.stream(file.split("/", -1)).map(HubServer::encoded).collect(Collectors.joining("/"));
    return uri(at.filesPath() + "/resolve/" + encoded(at.revision()) + "/" + path);
  }

  private URI uri(String path) {
    return URI.create(settings.endpoint() + "/" + path);
  }

  private static String encoded(String part) {
    return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private static boolean isRedirect(HttpResponse<?> answer) {
    return answer.statusCode() / 100 == 3 && answer.statusCode() != 304;
  }

  private static @Nullable String header(HttpResponse<?> answer, String name) {
    return answer.headers().firstValue(name.toLowerCase(Locale.ROOT)).orElse(null);
  }

  private static String reason(IOException e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }
}
