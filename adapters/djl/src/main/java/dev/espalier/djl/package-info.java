/**
 * Training on DJL's PyTorch engine.
 *
 * <p>Start reading at {@link dev.espalier.djl.DjlFinePruner}: it draws batches, runs a model
 * ({@link dev.espalier.djl.BertModel}, or a TorchScript file) forward and backward, and hands the
 * gradients to {@link dev.espalier.djl.StepEngine}, which owns the weights, the scores, the masks
 * and both optimizer states.
 *
 * <p>DJL's arithmetic with a Java number ({@code x.mul(0.5f)}) gives libtorch the address of a
 * buffer that it frees at once, while autograd keeps the address for the backward pass. So nothing
 * in this package calls a method that takes a {@link java.lang.Number}: constants are arrays with
 * native memory that live as long as the model. An architecture test holds this.
 */
@NullMarked
package dev.espalier.djl;

import org.jspecify.annotations.NullMarked;
