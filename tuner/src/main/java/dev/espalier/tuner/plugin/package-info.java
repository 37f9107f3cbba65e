/** Finds plugins and says clearly what is wrong with them. */
@NullMarked
package dev.espalier.tuner.plugin;

import org.jspecify.annotations.NullMarked;
