package dev.espalier.checkpoints.hub;

import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemCode;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.checkpoints.hub.HubServer.FileFacts;
import dev.espalier.checkpoints.hub.HubServer.Revision;
import dev.espalier.core.files.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Finds repositories of the Hugging Face hub in its cache on this machine, and fetches what is
 * missing where that is allowed.
 *
 * <p>Layout and environment variables are those of the hub's own libraries, so whatever they have
 * fetched is found here, and the other way round. A file that was cut off is gone on with.
 */
public final class Hub {
  private static final int TRIES = 5;
  private static final int CHUNK = 1 << 16;

  private final HubSettings settings;
  private final HubServer server;

  /** A hub; the network is not touched before something is asked for. */
  public Hub(HubSettings settings) {
    this.settings = settings;
    this.server = new HubServer(settings);
  }

  /**
   * A repository's files at a commit.
   *
   * @param commit 40 hexadecimal digits
   * @param folder where the files are
   */
  public record Snapshot(String commit, Path folder) {}

  /**
   * Finds or fetches a repository.
   *
   * @param wanted which of the repository's files to fetch, chosen from the names of all of them
   * @throws ProblemException of kind INPUT when there is no such repository, or it is not in the
   *     cache and may not be fetched; of kind ENVIRONMENT when the server cannot be reached or does
   *     not answer as a hub does, or the cache cannot be written
   */
  public Snapshot snapshot(HubReference reference, UnaryOperator<List<String>> wanted) {
    HubCache cache = new HubCache(settings.cache(), reference);
    Optional<String> known =
        cache.commit(reference.revision()).filter(c -> Files.isDirectory(cache.snapshot(c)));
    if (!settings.online()) {
      return known
          .map(commit -> new Snapshot(commit, cache.snapshot(commit)))
          .orElseThrow(() -> notInTheCache(reference));
    }
    try {
      return fetched(reference, cache, wanted);
    } catch (HubException e) {
      if (e.isPassing() && known.isPresent()) {
        return new Snapshot(known.get(), cache.snapshot(known.get()));
      }
      throw problem(e.kind(), reference, e.getMessage(), e.advice(), e);
    } catch (IOException e) {
      throw problem(
          ProblemKind.ENVIRONMENT,
          reference,
          "the cache " + settings.cache() + " cannot be written: " + e.getMessage(),
          "Make room, or point HF_HUB_CACHE to a folder that can be written.",
          e);
    }
  }

  /** Why {@link #snapshot} cannot succeed; empty when that is not known without asking a server. */
  public List<Problem> check(HubReference reference) {
    HubCache cache = new HubCache(settings.cache(), reference);
    boolean known =
        cache
            .commit(reference.revision())
            .filter(c -> Files.isDirectory(cache.snapshot(c)))
            .isPresent();
    return settings.online() || known ? List.of() : notInTheCache(reference).problems();
  }

  private Snapshot fetched(
      HubReference reference, HubCache cache, UnaryOperator<List<String>> wanted)
      throws IOException {
    Revision revision = retried(() -> server.revision(reference));
    HubReference at = reference.at(revision.commit());
    for (String file : wanted.apply(revision.files())) {
      checkName(file);
      if (!cache.has(revision.commit(), file)) {
        FileFacts facts = retried(() -> server.facts(at, file));
        cache.exclusively(facts.hash(), () -> fetch(at, file, facts, cache.blob(facts.hash())));
        cache.link(revision.commit(), file, facts.hash());
      }
    }
    cache.remember(reference.revision(), revision.commit());
    return new Snapshot(revision.commit(), cache.snapshot(revision.commit()));
  }

  /** Makes {@code blob} the announced content, going on with what an earlier try has left. */
  private void fetch(HubReference at, String file, FileFacts facts, Path blob) throws IOException {
    if (Files.exists(blob)) {
      return;
    }
    Files.createDirectories(blob.getParent());
    Path incomplete = blob.resolveSibling(blob.getFileName() + ".incomplete");
    retried(
        () -> {
          receive(at, file, facts, incomplete);
          return true;
        });
    String hash = hash(incomplete, facts);
    if (!hash.equals(facts.hash())) {
      Files.delete(incomplete);
      throw HubException.disturbed(
          file + " of " + at + " has the hash " + hash + ", announced was " + facts.hash(),
          "It was removed. Maybe a proxy changes files; run again to fetch it anew.");
    }
    Files.move(incomplete, blob, StandardCopyOption.ATOMIC_MOVE);
  }

  private void receive(HubReference at, String file, FileFacts facts, Path incomplete)
      throws IOException {
    long have = Files.exists(incomplete) ? Files.size(incomplete) : 0;
    if (have > facts.size()) {
      Files.delete(incomplete);
      have = 0;
    }
    if (have == facts.size() && have > 0) {
      return;
    }
    try (HubServer.Bytes bytes = server.bytes(at, file, have)) {
      long written = bytes.fromPosition() ? have : 0;
      try (OutputStream out =
          Files.newOutputStream(
              incomplete,
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE,
              bytes.fromPosition()
                  ? StandardOpenOption.APPEND
                  : StandardOpenOption.TRUNCATE_EXISTING)) {
        byte[] chunk = new byte[CHUNK];
        for (int count = read(bytes.stream(), chunk, file);
            count >= 0;
            count = read(bytes.stream(), chunk, file)) {
          written += count;
          if (written > facts.size()) {
            break;
          }
          out.write(chunk, 0, count);
        }
      }
      if (written > facts.size()) {
        Files.delete(incomplete);
        throw HubException.disturbed(
            file + " of " + at + " is longer than the " + facts.size() + " bytes announced",
            "What came was removed. Maybe a proxy answers in the hub's place.");
      }
      if (written < facts.size()) {
        throw HubException.failed(
            file + " of " + at + " ended after " + written + " of " + facts.size() + " bytes",
            null);
      }
    }
  }

  /** Tells a broken connection from a full disk. */
  private static int read(InputStream stream, byte[] chunk, String file) throws IOException {
    try {
      return stream.read(chunk);
    } catch (HubException e) {
      throw HubException.failed(e.getMessage() + ", while " + file + " was fetched", e);
    } catch (IOException e) {
      throw HubException.failed("the connection broke while " + file + " was fetched", e);
    }
  }

  /** A request, or several that may be made again. */
  private interface Request<T> {
    T make() throws IOException;
  }

  private <T> T retried(Request<T> request) throws IOException {
    long pause = settings.pause().toMillis();
    for (int failures = 1; ; failures++) {
      try {
        return request.make();
      } catch (HubException e) {
        if (!e.isPassing() || failures == TRIES) {
          throw e;
        }
      }
      try {
        Thread.sleep(pause);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw HubException.disturbed("interrupted while it was fetched", "Run again to go on.");
      }
      pause *= 2;
    }
  }

  /** A file may lie in a folder of the snapshot, and nowhere else. */
  private static void checkName(String file) throws HubException {
    boolean inside =
        !file.isEmpty()
            && !file.startsWith("/")
            && !file.contains("\\")
            && !file.contains(":")
            && file.chars().noneMatch(Character::isISOControl)
            && List.of(file.split("/", -1)).stream()
                .noneMatch(part -> part.isEmpty() || part.equals(".") || part.equals(".."));
    if (!inside) {
      throw HubException.refused(
          "the repository names a file \"" + file + "\", which would lie outside of it",
          "Do not use this repository.");
    }
  }

  /** As the hub hashes: SHA-256 of large files, git's SHA-1 of a blob of small ones. */
  private static String hash(Path file, FileFacts facts) throws IOException {
    if (Sha256.isHash(facts.hash())) {
      return Sha256.of(file);
    }
    MessageDigest digest = sha1();
    digest.update(("blob " + facts.size() + "\0").getBytes(StandardCharsets.US_ASCII));
    Sha256.update(digest, file);
    return Sha256.hex(digest);
  }

  private static MessageDigest sha1() {
    try {
      return MessageDigest.getInstance("SHA-1");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-1", e);
    }
  }

  private ProblemException notInTheCache(HubReference reference) {
    return problem(
        ProblemKind.INPUT,
        reference,
        "it is not in the cache " + settings.cache(),
        settings.offline()
            ? "HF_HUB_OFFLINE forbids fetching it: unset it, or fetch it elsewhere into this cache."
            : "Nothing is fetched unless you allow it: add --allow-download.",
        null);
  }

  private static ProblemException problem(
      ProblemKind kind,
      HubReference reference,
      @Nullable String message,
      String advice,
      @Nullable Throwable cause) {
    return new ProblemException(
        List.of(
            new Problem(
                kind,
                kind == ProblemKind.INPUT ? ProblemCode.MISSING_FILE : ProblemCode.ENVIRONMENT,
                Location.ofFile(reference.toString()),
                String.valueOf(message),
                advice)),
        cause);
  }
}
