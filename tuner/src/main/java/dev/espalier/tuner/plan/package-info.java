/** What a run will do, with everything resolved against the model and the data. */
@NullMarked
package dev.espalier.tuner.plan;

import org.jspecify.annotations.NullMarked;
