/** Examples in the rows of a file: tab-separated, CSV, or a JSON object on each line. */
@NullMarked
package dev.espalier.tasks.table;

import org.jspecify.annotations.NullMarked;
