package dev.espalier.checkpoints.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A server on this machine that behaves like the hub, with one repository {@code org/tiny}, and a
 * second server that stands for the store of its large files.
 */
final class LocalHub implements AutoCloseable {
  static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

  /** Files of so many bytes come in one piece, and are not cut. */
  private static final int SMALL = 1000;

  private static final long DRIP_MILLIS = 50;

  /** What the hub or its store does wrong; some of it only for the first few requests. */
  enum Fault {
    NONE,
    CUT_THREE_TIMES,
    CUT_ALWAYS,
    IGNORE_RANGE,
    WRONG_RANGE,
    TOO_LONG,
    WRONG_CONTENT,
    UNAVAILABLE_TWICE,
    UNAVAILABLE,
    REDIRECT_IN_CIRCLES,
    REDIRECT_TO_FILE,
    REDIRECT_TO_NO_URL,
    REDIRECT_WITHOUT_HOST,
    REDIRECT_TO_NO_PORT,
    DRIPS,
    DRIPS_DESCRIPTION,
    NO_HASH,
    NO_JSON,
    PROXY,
    GATED
  }

  /** One request that was served. */
  record Served(String server, String method, String path, @Nullable String range, boolean token) {}

  final Map<String, byte[]> files = Collections.synchronizedSortedMap(new TreeMap<>());

  /** Data sets: the files of {@code name@revision}. */
  final Map<String, Map<String, byte[]>> datasets = Collections.synchronizedMap(new TreeMap<>());

  final List<String> large = Collections.synchronizedList(new ArrayList<>());
  final List<Served> served = Collections.synchronizedList(new ArrayList<>());
  volatile Fault fault = Fault.NONE;
  volatile @Nullable String wantsToken;

  private final HttpServer hub = server();
  private final HttpServer store = server();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final AtomicInteger failures = new AtomicInteger();

  LocalHub() {
    hub.setExecutor(threads);
    store.setExecutor(threads);
    hub.createContext("/", exchange -> serve("hub", exchange));
    store.createContext("/", exchange -> serve("store", exchange));
    hub.start();
    store.start();
  }

  URI endpoint() {
    return URI.create("http://" + address(hub));
  }

  private static HttpServer server() {
    try {
      return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String address(HttpServer server) {
    return "127.0.0.1:" + server.getAddress().getPort();
  }

  private void serve(String server, HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getRawPath();
    String token = exchange.getRequestHeaders().getFirst("Authorization");
    String range = exchange.getRequestHeaders().getFirst("Range");
    served.add(new Served(server, exchange.getRequestMethod(), path, range, token != null));
    try (exchange) {
      if (server.equals("store")) {
        content(exchange, files.get(path.substring("/store/".length())), range);
      } else if (wantsToken != null && !("Bearer " + wantsToken).equals(token)) {
        refuse(exchange, 401, "RepoNotFound");
      } else if (fault == Fault.GATED) {
        refuse(exchange, 403, "GatedRepo");
      } else if (fault == Fault.PROXY) {
        refuse(exchange, 407, null);
      } else if (fault == Fault.UNAVAILABLE
          || (fault == Fault.UNAVAILABLE_TWICE && failures.getAndIncrement() < 2)) {
        refuse(exchange, 503, null);
      } else if (fault == Fault.REDIRECT_IN_CIRCLES) {
        redirect(exchange, path);
      } else if (fault == Fault.REDIRECT_TO_FILE) {
        redirect(exchange, "file:///etc/passwd");
      } else if (fault == Fault.REDIRECT_TO_NO_URL) {
        redirect(exchange, "https://a host/%zz");
      } else if (fault == Fault.REDIRECT_WITHOUT_HOST) {
        redirect(exchange, "http:///nowhere");
      } else if (fault == Fault.REDIRECT_TO_NO_PORT) {
        redirect(exchange, "http://127.0.0.1:99999/");
      } else if (path.startsWith("/api/models/org/tiny/revision/")) {
        describe(exchange, path.substring(path.lastIndexOf('/') + 1));
      } else if (path.startsWith("/org/tiny/resolve/" + COMMIT + "/")) {
        resolve(exchange, path.substring(("/org/tiny/resolve/" + COMMIT + "/").length()), range);
      } else if (path.startsWith("/org/old/") || path.startsWith("/api/models/org/old/")) {
        redirect(exchange, path.replace("/old/", "/tiny/"));
      } else if (!dataset(exchange, path)) {
        refuse(exchange, 404, "RepoNotFound");
      }
    }
  }

  /** Answers about a data set, whose commit is the hash of its name and revision. */
  private boolean dataset(HttpExchange exchange, String path) throws IOException {
    for (Map.Entry<String, Map<String, byte[]>> each : datasets.entrySet()) {
      String name = each.getKey().replaceFirst("@.*", "");
      String revision = URLEncoder.encode(each.getKey().replaceFirst(".*@", ""), UTF_8);
      String commit = hash("SHA-1", each.getKey().getBytes(UTF_8));
      String content = "/datasets/" + name + "/resolve/" + commit + "/";
      if (path.equals("/api/datasets/" + name + "/revision/" + revision)) {
        describe(exchange, commit, each.getValue());
        return true;
      }
      if (path.startsWith(content)) {
        byte[] file = each.getValue().get(path.substring(content.length()));
        exchange.getResponseHeaders().set("X-Repo-Commit", commit);
        exchange.getResponseHeaders().set("ETag", "\"" + gitHash(file) + "\"");
        content(exchange, file, null);
        return true;
      }
    }
    return false;
  }

  private void describe(HttpExchange exchange, String revision) throws IOException {
    if (!revision.equals("main") && !revision.equals(COMMIT)) {
      refuse(exchange, 404, "RevisionNotFound");
      return;
    }
    describe(exchange, COMMIT, files);
  }

  private void describe(HttpExchange exchange, String commit, Map<String, byte[]> files)
      throws IOException {
    StringBuilder names = new StringBuilder();
    files
        .keySet()
        .forEach(
            name ->
                names
                    .append(names.isEmpty() ? "" : ", ")
                    .append("{\"rfilename\": \"" + name + "\"}"));
    String json = "{\"sha\": \"" + commit + "\", \"siblings\": [" + names + "]}";
    byte[] body = (fault == Fault.NO_JSON ? "<html>" : json).getBytes(UTF_8);
    exchange.sendResponseHeaders(200, body.length);
    if (fault == Fault.DRIPS_DESCRIPTION) {
      drip(exchange, body);
      return;
    }
    exchange.getResponseBody().write(body);
  }

  private void resolve(HttpExchange exchange, String name, @Nullable String range)
      throws IOException {
    byte[] content = files.get(name);
    if (content == null) {
      refuse(exchange, 404, "EntryNotFound");
      return;
    }
    exchange.getResponseHeaders().set("X-Repo-Commit", COMMIT);
    if (large.contains(name)) {
      exchange.getResponseHeaders().set("X-Linked-Etag", "\"" + sha256(content) + "\"");
      exchange.getResponseHeaders().set("X-Linked-Size", String.valueOf(content.length));
      redirect(exchange, "http://" + address(store) + "/store/" + name);
      return;
    }
    if (fault != Fault.NO_HASH) {
      exchange.getResponseHeaders().set("ETag", "\"" + gitHash(content) + "\"");
    }
    content(exchange, content, range);
  }

  private void content(HttpExchange exchange, byte[] whole, @Nullable String range)
      throws IOException {
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.getResponseHeaders().set("Content-Length", String.valueOf(whole.length));
      exchange.sendResponseHeaders(200, -1);
      return;
    }
    int from =
        range == null || fault == Fault.IGNORE_RANGE
            ? 0
            : Integer.parseInt(range.replaceAll("\\D", ""));
    byte[] content = whole;
    if (fault == Fault.TOO_LONG) {
      content = Arrays.copyOf(whole, whole.length + 100);
    }
    if (fault == Fault.WRONG_CONTENT) {
      content = whole.clone();
      content[content.length / 2]++;
    }
    boolean cut =
        whole.length > SMALL
            && (fault == Fault.CUT_ALWAYS
                || (fault == Fault.WRONG_RANGE && from == 0)
                || ((fault == Fault.CUT_THREE_TIMES || fault == Fault.IGNORE_RANGE)
                    && failures.getAndIncrement() < 3));
    if (from > 0) {
      int told = fault == Fault.WRONG_RANGE ? 0 : from;
      exchange
          .getResponseHeaders()
          .set("Content-Range", "bytes " + told + "-" + (whole.length - 1) + "/" + whole.length);
    }
    int size = content.length - from;
    exchange.sendResponseHeaders(from > 0 ? 206 : 200, size);
    if (fault == Fault.DRIPS && whole.length > SMALL) {
      drip(exchange, content);
      return;
    }
    // A connection that is closed before all that was announced has come is what a cut looks like.
    int sent = cut ? size / 3 : size;
    exchange.getResponseBody().write(content, from, sent);
    exchange.getResponseBody().flush();
  }

  /** A byte now and then, until the other side has enough. */
  private static void drip(HttpExchange exchange, byte[] content) throws IOException {
    try {
      for (byte each : content) {
        exchange.getResponseBody().write(each);
        exchange.getResponseBody().flush();
        Thread.sleep(DRIP_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void redirect(HttpExchange exchange, String to) throws IOException {
    exchange.getResponseHeaders().set("Location", to);
    exchange.sendResponseHeaders(302, -1);
  }

  private static void refuse(HttpExchange exchange, int status, @Nullable String code)
      throws IOException {
    if (code != null) {
      exchange.getResponseHeaders().set("X-Error-Code", code);
    }
    exchange.sendResponseHeaders(status, -1);
  }

  static String sha256(byte[] content) {
    return hash("SHA-256", content);
  }

  /** What {@code git hash-object} prints. */
  static String gitHash(byte[] content) {
    byte[] head = ("blob " + content.length + "\0").getBytes(StandardCharsets.US_ASCII);
    byte[] all = Arrays.copyOf(head, head.length + content.length);
    System.arraycopy(content, 0, all, head.length, content.length);
    return hash("SHA-1", all);
  }

  private static String hash(String algorithm, byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    hub.stop(0);
    store.stop(0);
    threads.shutdownNow();
  }
}
