/**
 * Tokenized examples, data sets and batches: plain Java values, shared by training and measuring.
 */
@NullMarked
package dev.espalier.api.data;

import org.jspecify.annotations.NullMarked;
