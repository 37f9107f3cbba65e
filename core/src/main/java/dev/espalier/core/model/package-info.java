/**
 * Weights, and what must be known of the model that they belong to. The values are plain Java, so
 * that no engine's types cross the border.
 */
@NullMarked
package dev.espalier.core.model;

import org.jspecify.annotations.NullMarked;
