/** Search spaces, and the strategies that decide which trial comes next. */
@NullMarked
package dev.espalier.api.tuning;

import org.jspecify.annotations.NullMarked;
