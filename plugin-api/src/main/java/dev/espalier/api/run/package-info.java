/**
 * What a run tells those who watch it: implement {@link dev.espalier.api.run.RunListener}, announce
 * it in {@code META-INF/services/dev.espalier.api.run.RunListener}, and extend {@code
 * ListenerContract} of the test kit in one line.
 */
@NullMarked
package dev.espalier.api.run;

import org.jspecify.annotations.NullMarked;
