/**
 * The GLUE benchmark's tab-separated files.
 *
 * <p>Wang et al., "GLUE: A Multi-Task Benchmark and Analysis Platform for Natural Language
 * Understanding" (2018).
 */
@NullMarked
package dev.espalier.tasks.glue;

import org.jspecify.annotations.NullMarked;
