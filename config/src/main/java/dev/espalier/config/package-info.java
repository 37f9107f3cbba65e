/**
 * The configuration: what may be written, where each value came from, and what is wrong with it.
 *
 * <p>The records of {@link dev.espalier.config.Configuration} are the only description of the
 * format; their {@link dev.espalier.config.Key} annotations carry defaults and ranges.
 */
@NullMarked
package dev.espalier.config;

import org.jspecify.annotations.NullMarked;
