/** The commands, and how a run looks on the console. Knows every other module; none knows it. */
@NullMarked
package dev.espalier.cli;

import org.jspecify.annotations.NullMarked;
