/** Files that are written as a whole or not at all, and their hashes. */
@NullMarked
package dev.espalier.core.files;

import org.jspecify.annotations.NullMarked;
