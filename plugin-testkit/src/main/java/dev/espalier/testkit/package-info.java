/** Contract tests: extend one in a line, and it says whether a plugin keeps its promises. */
@NullMarked
package dev.espalier.testkit;

import org.jspecify.annotations.NullMarked;
