/** The result for people: a self-contained page and a summary for the terminal. */
@NullMarked
package dev.espalier.tuner.report;

import org.jspecify.annotations.NullMarked;
