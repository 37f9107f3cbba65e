/**
 * Checkpoints in the formats of the Hugging Face hub, without any engine: safetensors, PyTorch's
 * zip files, model directories and the hub's own cache.
 *
 * <p>Every file is taken as hostile: nothing in it is executed, no size in it is believed before it
 * was compared with the file's, and a file that is not what it should be is refused with a {@link
 * dev.espalier.api.problem.ProblemException} that says where and why.
 */
@NullMarked
package dev.espalier.checkpoints;

import org.jspecify.annotations.NullMarked;
