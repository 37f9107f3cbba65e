/**
 * Configuration formats of other tools: what a translator is given, and what it returns.
 *
 * <p>A translator is found by {@link java.util.ServiceLoader}; the loader works without any.
 */
@NullMarked
package dev.espalier.config.foreign;

import org.jspecify.annotations.NullMarked;
