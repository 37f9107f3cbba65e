/** What a run found out: measured values, the verdict, and the file that programs read. */
@NullMarked
package dev.espalier.tuner.result;

import org.jspecify.annotations.NullMarked;
