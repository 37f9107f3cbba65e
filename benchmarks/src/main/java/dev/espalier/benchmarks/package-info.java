/** Benchmarks that are run by hand: {@code benchmarks/run NAME}. */
@NullMarked
package dev.espalier.benchmarks;

import org.jspecify.annotations.NullMarked;
