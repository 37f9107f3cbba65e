/** How a model is quantized, and what came of it. */
@NullMarked
package dev.espalier.core.quantization;

import org.jspecify.annotations.NullMarked;
