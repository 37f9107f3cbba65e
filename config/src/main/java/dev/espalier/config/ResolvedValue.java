package dev.espalier.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.espalier.api.problem.Location;
import org.jspecify.annotations.Nullable;

/**
 * One value of the configuration after all sources were laid over each other.
 *
 * @param path the key with the keys around it, for instance {@code pruning.train.epochs}
 * @param value a scalar, a list of texts, or null
 * @param source where the value came from
 * @param location the place of the value in its source, or null for a default
 */
public record ResolvedValue(
    String path, JsonNode value, Source source, @Nullable Location location) {}
