/**
 * The built-in tuning strategies, one class each. Each is a function of search space, history and
 * seed and keeps nothing between two calls.
 */
@NullMarked
package dev.espalier.tuner.strategy;

import org.jspecify.annotations.NullMarked;
