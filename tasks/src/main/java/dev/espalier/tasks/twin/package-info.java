/** Synthetic twins: generated tasks that stand in for real data where there is none. */
@NullMarked
package dev.espalier.tasks.twin;

import org.jspecify.annotations.NullMarked;
