package dev.espalier.tuner.plugin;

import java.io.PrintStream;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.TimeZone;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.LoggerFactory;

/**
 * What all of the process shares and a plugin must leave as it was: the default locale and time
 * zone, the standard streams, and that the calling thread is not interrupted. What is found changed
 * after a call is set back, and told once.
 *
 * <p>It is of one moment, before the plugin's code ran, and not taken anew for each call: of two
 * calls at once, one would take for right what the other has just made wrong.
 */
final class Surroundings {
  private final Locale locale = Locale.getDefault();
  private final Locale display = Locale.getDefault(Locale.Category.DISPLAY);
  private final Locale format = Locale.getDefault(Locale.Category.FORMAT);
  private final TimeZone zone = TimeZone.getDefault();
  private final PrintStream out = System.out;
  private final PrintStream err = System.err;
  private final Consumer<String> tell;
  private final Set<String> told = ConcurrentHashMap.newKeySet();

  /** As they are now; what is changed later goes to the log. */
  Surroundings() {
    // Loaded when there is something to say: commands that need no plugin start without a log.
    this(sentence -> LoggerFactory.getLogger(Surroundings.class).warn(sentence));
  }

  /** As they are now; {@code tell} gets a sentence for each thing that is changed later. */
  Surroundings(Consumer<String> tell) {
    this.tell = tell;
  }

  /**
   * Sets back what is not as it was.
   *
   * @param interrupted whether the thread was, before the call
   * @param culprit says what was called
   */
  void restore(boolean interrupted, Supplier<String> culprit) {
    if (!interrupted && Thread.interrupted()) {
      tell(culprit, "left the thread interrupted, which was undone");
    }
    // The same objects as long as nobody sets others.
    if (!Objects.equals(Locale.getDefault(), locale)
        || !Objects.equals(Locale.getDefault(Locale.Category.DISPLAY), display)
        || !Objects.equals(Locale.getDefault(Locale.Category.FORMAT), format)) {
      Locale.setDefault(locale);
      Locale.setDefault(Locale.Category.DISPLAY, display);
      Locale.setDefault(Locale.Category.FORMAT, format);
      tell(culprit, "changed the default locale, which was set back");
    }
    if (!TimeZone.getDefault().equals(zone)) {
      TimeZone.setDefault(zone);
      tell(culprit, "changed the default time zone, which was set back");
    }
    if (System.out != out || System.err != err) {
      System.setOut(out);
      System.setErr(err);
      tell(culprit, "replaced System.out or System.err, which was undone");
    }
  }

  private void tell(Supplier<String> culprit, String did) {
    String sentence = culprit.get() + " " + did + "; tell the plugin's author.";
    if (told.add(sentence)) {
      tell.accept(sentence);
    }
  }
}
