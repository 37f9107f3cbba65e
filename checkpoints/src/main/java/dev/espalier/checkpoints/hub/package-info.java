/**
 * Models and data sets of the Hugging Face hub by name: its cache on this machine, in the layout
 * that every library shares, and, only where that is allowed, its server.
 *
 * <p>What comes from the network counts when its size and its hash are those that the server
 * announced, and is moved into place as a whole. {@link dev.espalier.checkpoints.hub.Hub} is where
 * to begin.
 */
@NullMarked
package dev.espalier.checkpoints.hub;

import org.jspecify.annotations.NullMarked;
