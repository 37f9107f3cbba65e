package dev.espalier.tasks.table;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A row of a file.
 *
 * @param line the line it ends on, from 1
 * @param fields its values in the order of the columns, null for one that is not there; a row may
 *     be shorter or longer than the header
 */
record Row(int line, List<@Nullable String> fields) {}
