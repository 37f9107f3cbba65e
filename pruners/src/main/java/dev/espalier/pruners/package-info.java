/**
 * The built-in pruners. Each is one class that holds its formula, its source and its provider, so
 * that it can be read beside the paper.
 */
@NullMarked
package dev.espalier.pruners;

import org.jspecify.annotations.NullMarked;
