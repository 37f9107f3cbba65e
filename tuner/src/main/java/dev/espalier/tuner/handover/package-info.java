/** The folder best/ that a run hands over, laid out like a model on the Hugging Face hub. */
@NullMarked
package dev.espalier.tuner.handover;

import org.jspecify.annotations.NullMarked;
