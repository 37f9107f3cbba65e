/**
 * What is trained and how: the training and pruning plans, the matrices and units that masks act
 * on, and the interface of the engine.
 */
@NullMarked
package dev.espalier.core.training;

import org.jspecify.annotations.NullMarked;
