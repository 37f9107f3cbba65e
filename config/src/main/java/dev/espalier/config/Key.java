package dev.espalier.config;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;

/** Describes one key of the configuration; its name is the component's, in snake_case. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Key {
  /** What the key decides, with its unit, in one sentence. */
  String value();

  /** The default as YAML text; empty when there is none, and then the value may be null. */
  String fallback() default "";

  /** Whether a file without this key is wrong. */
  boolean required() default false;

  /** Whether a whole section stays null, instead of being filled with defaults, when absent. */
  boolean optionalSection() default false;

  /** The smallest number allowed. */
  double minimum() default Double.NEGATIVE_INFINITY;

  /** The largest number allowed. */
  double maximum() default Double.POSITIVE_INFINITY;

  /** Whether {@link #minimum} itself is too small. */
  boolean minimumExcluded() default false;

  /** Whether {@link #maximum} itself is too large. */
  boolean maximumExcluded() default false;

  /** The only whole numbers allowed; empty for any. The words of an enum are its constants. */
  int[] oneOf() default {};

  /** Words that are known, and refused as not supported yet. */
  String[] unsupported() default {};

  /** The only texts that may stand in place of a number; empty for any. */
  String[] words() default {};

  /** The only texts that a list of texts may hold. */
  Class<? extends Supplier<? extends Collection<String>>> each() default AnyText.class;

  /** The only names that a map with free keys may have; empty for any. */
  String[] names() default {};

  /** How many entries a list of sections has; 0 for any number. */
  int entries() default 0;

  /** The regular expression that a text has to match as a whole; empty for any. */
  String pattern() default "";

  /**
   * What a relative path is relative to, when the file itself says it; for a text, if it is a path
   * and not a name.
   */
  Base base() default Base.NONE;

  /**
   * Where a search looks when the configuration does not say, {@code low, high}, and {@code log}
   * behind it where factors count; empty for nowhere.
   */
  String search() default "";

  /** No limit to what a list of texts may hold. */
  final class AnyText implements Supplier<List<String>> {
    @Override
    public List<String> get() {
      return List.of();
    }
  }

  /** The folder that a relative path starts from. */
  enum Base {
    /** The value is not a path. */
    NONE,
    /** The folder of the YAML file. */
    FILE_FOLDER,
    /** The same for a text that is always a file, unless it begins with a word and a colon. */
    FILE,
    /** The folder that the program was started in. */
    WORKING_DIRECTORY
  }
}
