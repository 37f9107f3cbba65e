/** Files of exported models: writing, measuring, timing and packing them. */
@NullMarked
package dev.espalier.core.export;

import org.jspecify.annotations.NullMarked;
