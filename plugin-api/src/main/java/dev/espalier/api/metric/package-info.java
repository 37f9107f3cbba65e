/** What a metric implements. */
@NullMarked
package dev.espalier.api.metric;

import org.jspecify.annotations.NullMarked;
