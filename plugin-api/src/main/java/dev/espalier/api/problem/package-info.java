/** What can go wrong for a user, as values: kind, place, message, advice. */
@NullMarked
package dev.espalier.api.problem;

import org.jspecify.annotations.NullMarked;
