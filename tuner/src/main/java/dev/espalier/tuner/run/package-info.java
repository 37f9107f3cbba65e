/**
 * Runs a plan: the stages in their order, and what each leaves on disk before the next one starts.
 */
@NullMarked
package dev.espalier.tuner.run;

import org.jspecify.annotations.NullMarked;
