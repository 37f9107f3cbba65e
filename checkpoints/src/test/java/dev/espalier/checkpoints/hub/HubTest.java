package dev.espalier.checkpoints.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.espalier.api.problem.ProblemException;
import dev.espalier.checkpoints.hub.Hub.Snapshot;
import dev.espalier.checkpoints.hub.LocalHub.Fault;
import dev.espalier.checkpoints.hub.LocalHub.Served;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against a server on this machine that behaves, and misbehaves, like the hub. */
class HubTest {
  private static final long SEED = 20_261_125;
  private static final String WEIGHTS = "model.safetensors";

  @TempDir Path folder;
  private final LocalHub hub = new LocalHub();
  private final byte[] weights = new byte[300_000];

  @BeforeEach
  void fill() {
    new Random(SEED).nextBytes(weights);
    hub.files.put("config.json", "{}".getBytes(StandardCharsets.UTF_8));
    hub.files.put(WEIGHTS, weights);
    hub.files.put("onnx/model.onnx", new byte[10]);
    hub.large.add(WEIGHTS);
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  @Test
  @DisplayName("what is wanted is fetched once, into the layout that every library shares")
  void fetches() throws IOException {
    Snapshot snapshot = fetch("hf:org/tiny");

    Path root = folder.resolve("hub/models--org--tiny");
    assertThat(snapshot.commit()).isEqualTo(LocalHub.COMMIT);
    assertThat(snapshot.folder()).isEqualTo(root.resolve("snapshots").resolve(LocalHub.COMMIT));
    assertThat(snapshot.folder().resolve(WEIGHTS)).hasBinaryContent(weights);
    assertThat(root.resolve("refs/main")).hasContent(LocalHub.COMMIT);
    assertThat(Files.readSymbolicLink(snapshot.folder().resolve(WEIGHTS)))
        .isEqualTo(Path.of("../../blobs/" + LocalHub.sha256(weights)));
    assertThat(root.resolve("blobs/" + LocalHub.gitHash(hub.files.get("config.json")))).exists();
    assertThat(snapshot.folder().resolve("onnx")).doesNotExist();

    hub.served.clear();
    fetch("hf:org/tiny");
    assertThat(hub.served).extracting(Served::method).containsExactly("GET"); // which commit it is
  }

  @ParameterizedTest
  @EnumSource(
      value = Fault.class,
      names = {"CUT_THREE_TIMES", "IGNORE_RANGE", "UNAVAILABLE_TWICE"})
  @DisplayName("what passes is waited for, and a file that was cut off is gone on with")
  void goesOn(Fault fault) {
    hub.fault = fault;

    assertThat(fetch("hf:org/tiny").folder().resolve(WEIGHTS)).hasBinaryContent(weights);

    if (fault == Fault.CUT_THREE_TIMES) {
      assertThat(hub.served)
          .filteredOn(each -> each.server().equals("store"))
          .extracting(Served::range)
          .contains("bytes=100000-");
    }
  }

  @Test
  @DisplayName("the next process goes on where a killed one was cut off")
  void goesOnInAnotherProcess() throws IOException {
    Path blobs = Files.createDirectories(folder.resolve("hub/models--org--tiny/blobs"));
    Files.write(
        blobs.resolve(LocalHub.sha256(weights) + ".incomplete"),
        java.util.Arrays.copyOf(weights, 123_456));

    assertThat(fetch("hf:org/tiny").folder().resolve(WEIGHTS)).hasBinaryContent(weights);

    assertThat(hub.served).extracting(Served::range).contains("bytes=123456-");
    try (Stream<Path> left = Files.list(blobs)) {
      assertThat(left).noneMatch(file -> file.toString().endsWith(".incomplete"));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "CUT_ALWAYS | was fetched | run again later, what was fetched is kept",
        "WRONG_RANGE | the server sent bytes 0-299999/300000 of model.safetensors in place | run again later",
        "TOO_LONG | is longer than the | What came was removed",
        "WRONG_CONTENT | announced was | run again to fetch it anew",
        "UNAVAILABLE | the server answered 503 when asked for hf:org/tiny | HF_HUB_OFFLINE=1",
        "REDIRECT_IN_CIRCLES | the server redirects in circles | HF_ENDPOINT",
        "REDIRECT_TO_FILE | the server redirects to file | not followed",
        "REDIRECT_TO_NO_URL | redirects to \"https://a host/%zz\", which is no URL | HF_ENDPOINT",
        "REDIRECT_WITHOUT_HOST | cannot ask \"http:///nowhere\" | HF_ENDPOINT is wrong",
        "REDIRECT_TO_NO_PORT | http://127.0.0.1:99999 | HF_ENDPOINT",
        "NO_HASH | the server does not say what | a proxy removes headers",
        "NO_JSON | is no JSON | HF_ENDPOINT is no hub",
        "PROXY | answered 407 when asked for hf:org/tiny: a proxy asks | the proxy's user",
        "GATED | hf:org/tiny is gated: its owner must grant access | HF_TOKEN",
      })
  @DisplayName("what does not pass is said, and nothing half-written counts")
  void says(Fault fault, String message, String advice) throws IOException {
    hub.fault = fault;

    int exitCode = fault == Fault.GATED ? 2 : 4; // all others are the network's or the server's
    assertThatThrownBy(() -> fetch("hf:org/tiny"))
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.exitCode()).isEqualTo(exitCode))
        .hasMessageContaining(message)
        .hasMessageContaining(advice);

    Path root = folder.resolve("hub/models--org--tiny");
    assertThat(root.resolve("refs/main")).doesNotExist();
    assertThat(root.resolve("blobs/" + LocalHub.sha256(weights))).doesNotExist();
    if (fault == Fault.WRONG_CONTENT || fault == Fault.TOO_LONG) {
      assertThat(root.resolve("blobs/" + LocalHub.sha256(weights) + ".incomplete")).doesNotExist();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "hf:org/none | there is no hf:org/none",
        "hf:org/tiny@v9 | there is no revision v9 of hf:org/tiny@v9",
      })
  void says_what_is_not_there(String reference, String message) {
    assertThatThrownBy(() -> fetch(reference))
        .isInstanceOfSatisfying(ProblemException.class, e -> assertThat(e.exitCode()).isEqualTo(2))
        .hasMessageContaining(message)
        .hasMessageContaining("Maybe the name is misspelt");
  }

  @Test
  @DisplayName("a repository that was renamed is found under its old name")
  void renamed() {
    assertThat(fetch("hf:org/old").folder().resolve(WEIGHTS)).hasBinaryContent(weights);
  }

  @Test
  @DisplayName("the token is shown to the hub, not to the store, and in no message")
  void token() {
    hub.wantsToken = "hf_secret";

    assertThatThrownBy(() -> fetch("hf:org/tiny"))
        .hasMessageContaining("there is no token")
        .hasMessageContaining("HF_TOKEN");
    assertThatThrownBy(() -> hub(true, false, "hf_wrong").snapshot(reference(), HubTest::wanted))
        .hasMessageContaining("does not give hf:org/tiny to this token (401)")
        .hasMessageNotContaining("hf_wrong");
    hub.served.clear();
    Snapshot snapshot = hub(true, false, "hf_secret").snapshot(reference(), HubTest::wanted);

    assertThat(snapshot.folder().resolve(WEIGHTS)).hasBinaryContent(weights);
    assertThat(hub.served).filteredOn(e -> e.server().equals("hub")).allMatch(Served::token);
    assertThat(hub.served)
        .filteredOn(e -> e.server().equals("store"))
        .isNotEmpty()
        .noneMatch(Served::token);
    assertThat(settings(true, false, "hf_secret").toString()).doesNotContain("hf_secret");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "false | false | add --allow-download",
        "true | true | HF_HUB_OFFLINE forbids fetching it",
        "false | true | HF_HUB_OFFLINE forbids fetching it",
      })
  @DisplayName("unless it is allowed, the network is not touched, and the cache alone is read")
  void staysAway(boolean allowed, boolean offline, String advice) {
    assertThatThrownBy(() -> hub(allowed, offline, null).snapshot(reference(), HubTest::wanted))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("it is not in the cache")
        .hasMessageContaining(advice);
    assertThat(hub.served).isEmpty();

    Snapshot fetched = fetch("hf:org/tiny");
    hub.served.clear();

    assertThat(hub(allowed, offline, null).snapshot(reference(), HubTest::wanted))
        .isEqualTo(fetched);
    assertThat(hub.served).isEmpty();
  }

  @Test
  @DisplayName("where the server is down, what the cache has will do")
  void serverDown() {
    Snapshot fetched = fetch("hf:org/tiny");
    hub.fault = Fault.UNAVAILABLE;

    assertThat(fetch("hf:org/tiny")).isEqualTo(fetched);
  }

  @Test
  @DisplayName("where there is no server, that is said")
  void noServer() {
    URI nowhere = hub.endpoint();
    hub.close();

    assertThatThrownBy(() -> fetch("hf:org/tiny"))
        .isInstanceOfSatisfying(ProblemException.class, e -> assertThat(e.exitCode()).isEqualTo(4))
        .hasMessageContaining("cannot reach " + nowhere);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../../evil",
        "/etc/evil",
        "a//b",
        "a/./b",
        "..\\\\evil",
        "c:evil",
        "a\\u0000evil",
        ""
      })
  @DisplayName("a file that would lie outside of its folder is refused")
  void outside(String name) throws IOException {
    hub.files.put(name, new byte[3]);

    assertThatThrownBy(() -> hub(true, false, null).snapshot(reference(), all -> all))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("which would lie outside of it");

    try (Stream<Path> all = Files.walk(folder)) {
      assertThat(all).noneMatch(file -> file.getFileName().toString().contains("evil"));
    }
  }

  @Test
  @DisplayName("several at a time fetch each content once")
  void together() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Callable<Snapshot>> tasks = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        tasks.add(() -> fetch("hf:org/tiny"));
      }
      for (Future<Snapshot> each : threads.invokeAll(tasks)) {
        assertThat(each.get().folder().resolve(WEIGHTS)).hasBinaryContent(weights);
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(hub.served)
        .filteredOn(e -> e.server().equals("store") && e.method().equals("GET"))
        .hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "hf:bert-base-uncased | models--bert-base-uncased | main",
        "hf:org/a.b_c-d@v1.0 | models--org--a.b_c-d | v1.0",
        "hf-dataset:nyu-mll/glue | datasets--nyu-mll--glue | main",
        "./folder | - | -",
        "all-minilm-l6-v2 | - | -",
      })
  void reads_references(String written, @Nullable String name, @Nullable String revision) {
    assertThat(HubReference.parse(written).map(HubReference::folder).orElse(null)).isEqualTo(name);
    assertThat(HubReference.parse(written).map(HubReference::revision).orElse(null))
        .isEqualTo(revision);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"hf:", "hf:a/b/c", "hf:../x", "hf:a--b", "hf:-a", "hf:a b", "hf:a@", "hf:a@../x"})
  void refuses_what_no_repository_is_called(String written) {
    assertThatThrownBy(() -> HubReference.parse(written))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("hf:");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "HF_HUB_CACHE=/c | /c",
        "HF_HOME=/h | /h/hub",
        "HF_HOME=/h,HF_HUB_CACHE=/c | /c",
        "HF_HOME=~/h | /home/me/h/hub",
        "XDG_CACHE_HOME=/x | /x/huggingface/hub",
        "OTHER=1 | /home/me/.cache/huggingface/hub",
      })
  void finds_the_cache_where_other_libraries_do(String environment, Path cache) {
    Map<String, String> variables = new java.util.HashMap<>();
    for (String each : environment.split(",", -1)) {
      variables.put(each.split("=", 2)[0], each.split("=", 2)[1]);
    }
    assertThat(HubSettings.of(variables, Path.of("/home/me"), false).cache()).isEqualTo(cache);
  }

  @Test
  void takes_endpoint_token_and_offline_from_the_environment() throws IOException {
    Files.writeString(folder.resolve("token"), "hf_file\n");

    HubSettings settings =
        HubSettings.of(
            Map.of(
                "HF_ENDPOINT", "http://localhost:1/",
                "HF_HOME", folder.toString(),
                "HF_HUB_OFFLINE", "YES"),
            folder,
            true);

    assertThat(settings.endpoint()).isEqualTo(URI.create("http://localhost:1"));
    assertThat(settings.token()).isEqualTo("hf_file");
    assertThat(settings.offline()).isTrue();
    assertThat(HubSettings.of(Map.of("HF_TOKEN", "hf_own"), folder, true).token())
        .isEqualTo("hf_own");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "https://hub .example | is no URL",
        "hub.example | must begin with https:// or http://",
        "localhost:8080 | must begin with https:// or http://",
        "ftp://hub.example | must begin with https:// or http://",
        "https:// | is no URL",
        "https:///models | names no server",
        "https://a_b | names no server",
        "http://localhost:99999 | names no server",
        "https://hub.example/?x=1 | must have no ?",
        "'' | must begin with https:// or http://",
      })
  @DisplayName("an endpoint that is none is said with its value, where the server would be asked")
  void wrongEndpoint(String endpoint, String message) {
    Map<String, String> variables = Map.of("HF_ENDPOINT", endpoint);

    assertThatThrownBy(() -> HubSettings.of(variables, folder, true))
        .isInstanceOfSatisfying(ProblemException.class, e -> assertThat(e.exitCode()).isEqualTo(2))
        .hasMessageStartingWith("HF_ENDPOINT: ")
        .hasMessageContaining('"' + endpoint + '"')
        .hasMessageContaining(message);
    assertThat(HubSettings.of(variables, folder, false).online()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"hf_a\nb", "hf a", "hf_\u00e4"})
  @DisplayName("a token that cannot be sent is said without its value")
  void wrongToken(String token) {
    assertThatThrownBy(() -> HubSettings.of(Map.of("HF_TOKEN", token), folder, true))
        .isInstanceOfSatisfying(ProblemException.class, e -> assertThat(e.exitCode()).isEqualTo(2))
        .hasMessageStartingWith("HF_TOKEN: this is no token")
        .hasMessageNotContaining(token);
  }

  @ParameterizedTest
  @EnumSource(
      value = Fault.class,
      names = {"DRIPS", "DRIPS_DESCRIPTION"})
  @DisplayName("a server that sends a byte now and then is given up")
  void drips(Fault fault) {
    hub.fault = fault;
    HubSettings impatient = settings(true, false, null, Duration.ofMillis(300));

    assertThatThrownBy(() -> new Hub(impatient).snapshot(reference(), HubTest::wanted))
        .isInstanceOfSatisfying(ProblemException.class, e -> assertThat(e.exitCode()).isEqualTo(4))
        .hasMessageContaining("the server sent less than 61440 bytes in 0.3 s")
        .hasMessageContaining("run again later, what was fetched is kept");
  }

  private static HubReference reference() {
    return HubReference.parse("hf:org/tiny").orElseThrow();
  }

  private static List<String> wanted(List<String> all) {
    return all.stream().filter(name -> !name.contains("onnx")).toList();
  }

  private Snapshot fetch(String reference) {
    return hub(true, false, null)
        .snapshot(HubReference.parse(reference).orElseThrow(), HubTest::wanted);
  }

  private Hub hub(boolean allowed, boolean offline, @Nullable String token) {
    return new Hub(settings(allowed, offline, token));
  }

  private HubSettings settings(boolean allowed, boolean offline, @Nullable String token) {
    return settings(allowed, offline, token, Duration.ofMinutes(1));
  }

  private HubSettings settings(
      boolean allowed, boolean offline, @Nullable String token, Duration patience) {
    return new HubSettings(
        folder.resolve("hub"),
        hub.endpoint(),
        token,
        offline,
        allowed,
        Duration.ofMillis(1),
        patience);
  }
}
