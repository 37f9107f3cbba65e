/** The built-in metrics. */
@NullMarked
package dev.espalier.tasks.metric;

import org.jspecify.annotations.NullMarked;
