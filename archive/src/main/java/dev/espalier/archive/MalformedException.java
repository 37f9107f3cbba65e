package dev.espalier.archive;

/** Bytes that no writer of the format writes; {@link Archive} says in which file and tensor. */
final class MalformedException extends Exception {
  MalformedException(String message) {
    super(message);
  }
}
