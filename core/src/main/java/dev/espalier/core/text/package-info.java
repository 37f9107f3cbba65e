/** Globs, tables and quoting, the same everywhere. */
@NullMarked
package dev.espalier.core.text;

import org.jspecify.annotations.NullMarked;
