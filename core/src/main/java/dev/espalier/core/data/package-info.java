/**
 * What a task gives a run: training, calibration and evaluation sets, and the scores that constant
 * and perfect predictors reach on them.
 */
@NullMarked
package dev.espalier.core.data;

import org.jspecify.annotations.NullMarked;
