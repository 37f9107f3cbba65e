/**
 * Files that were written for LPOT, or Intel Neural Compressor 1.x: what they mean here.
 *
 * <p>A tree goes in and a tree in our own keys comes out, together with one line for everything
 * that has another name, another meaning or no meaning here. Nothing is dropped without such a
 * line, and what would change the result is an error until the user decides.
 */
@NullMarked
package dev.espalier.config.lpot;

import org.jspecify.annotations.NullMarked;
