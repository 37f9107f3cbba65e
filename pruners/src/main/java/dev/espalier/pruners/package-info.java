/**
 * The built-in pruners. Each is one class that holds its formula, its source and its provider, so
 * that it can be read beside the paper. G is the gradient of the effective weights, W are the
 * weights, S the scores and M the mask.
 */
@NullMarked
package dev.espalier.pruners;

import org.jspecify.annotations.NullMarked;
