/**
 * The directory of a run on the disk: stages, their records and their journal, from which a run
 * that was killed is resumed.
 */
@NullMarked
package dev.espalier.tuner.directory;

import org.jspecify.annotations.NullMarked;
