/**
 * What is checked and planned before anything is trained: model, data, teacher, baseline and
 * criteria.
 */
@NullMarked
package dev.espalier.tuner.prepare;

import org.jspecify.annotations.NullMarked;
