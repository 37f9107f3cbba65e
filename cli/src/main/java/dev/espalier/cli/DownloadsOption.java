package dev.espalier.cli;

import dev.espalier.checkpoints.hub.Hub;
import dev.espalier.checkpoints.hub.HubSettings;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** {@code --allow-download}, for every command that loads models or data. */
final class DownloadsOption {
  @Option(
      names = "--allow-download",
      description =
          "Fetches hf: models and hf-dataset: data that the hub's cache on this machine lacks."
              + " Without it nothing is fetched; HF_HUB_OFFLINE=1 wins.")
  private boolean allowed;

  /** The hub, with its cache and its server as the environment says. */
  Hub hub() {
    return new Hub(settings(allowed));
  }

  /** What the environment says of the hub. */
  static HubSettings settings(boolean allowed) {
    return HubSettings.of(System.getenv(), Path.of(System.getProperty("user.home")), allowed);
  }
}
