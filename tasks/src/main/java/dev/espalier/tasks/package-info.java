/**
 * Tasks: from a name and files to tokenized sets. {@link dev.espalier.tasks.TaskLoader} is the way
 * in.
 */
@NullMarked
package dev.espalier.tasks;

import org.jspecify.annotations.NullMarked;
