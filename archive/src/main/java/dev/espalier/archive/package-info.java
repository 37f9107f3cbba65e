/**
 * Sparse, quantized storage: a checkpoint's matrices as int8, where they are zero said once, both
 * entropy coded, in one checksummed file. {@code docs/archive-format.md} says every byte of it.
 *
 * <p>{@link dev.espalier.archive.Packing} makes the stored form of weights, {@link
 * dev.espalier.archive.ArchiveWriter} writes it, {@link dev.espalier.archive.Archive} reads it.
 * What comes before packing is here, too: {@link dev.espalier.archive.StoredMasks} applies masks
 * once and for all, {@link dev.espalier.archive.RemainingWeights} counts what they left.
 */
@NullMarked
package dev.espalier.archive;

import org.jspecify.annotations.NullMarked;
