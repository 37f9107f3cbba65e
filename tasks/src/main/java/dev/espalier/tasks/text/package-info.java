/** Texts with labels, and turning them into token ids. */
@NullMarked
package dev.espalier.tasks.text;

import org.jspecify.annotations.NullMarked;
