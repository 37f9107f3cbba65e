/**
 * How to write a pruner.
 *
 * <ol>
 *   <li>Implement {@link dev.espalier.api.pruning.Pruner}: importance, and the gradient of the
 *       scores if it has any.
 *   <li>Announce it with a {@link dev.espalier.api.pruning.PrunerProvider} and one line in {@code
 *       META-INF/services/dev.espalier.api.pruning.PrunerProvider}.
 *   <li>Extend {@code PrunerContract} of the test kit in one line.
 * </ol>
 */
@NullMarked
package dev.espalier.api.pruning;

import org.jspecify.annotations.NullMarked;
