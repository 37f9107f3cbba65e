/** What a run tells those who watch it. */
@NullMarked
package dev.espalier.api.run;

import org.jspecify.annotations.NullMarked;
