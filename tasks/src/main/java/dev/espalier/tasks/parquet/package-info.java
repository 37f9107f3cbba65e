/** Rows of Parquet files, as the Hugging Face hub stores data sets. */
@NullMarked
package dev.espalier.tasks.parquet;

import org.jspecify.annotations.NullMarked;
