package dev.espalier.tasks.twin;

import java.util.List;

/**
 * A way of saying whether the film is good, decided by one opinion word.
 *
 * @param name what it is called
 * @param negates whether the label is the opposite of the decisive word's polarity
 * @param templates its sentences, with slots in braces
 */
record Construction(String name, boolean negates, List<String> templates) {
  static final List<Construction> ALL =
      List.of(
          affirms(
              "direct",
              "{film} was {adverb} {word} {tail}",
              "i found {film} {adverb} {word} {tail}",
              "we agreed that {film} was {adverb} {word} {tail}"),
          negates(
              "negated",
              "{film} was {negation} {word} {tail}",
              "we agreed that {film} was {negation} {word}",
              "to be fair , {film} was {negation} {word} {tail}"),
          affirms(
              "affirmed by a negation",
              "nobody could deny that {film} was {adverb} {word}",
              "there is no doubt that {film} was {adverb} {word}",
              "it is wrong to say that {film} was not {word}"),
          negates(
              "denied",
              "nobody could claim that {film} was {adverb} {word}",
              "there is no way that {film} was {adverb} {word}",
              "it is wrong to say that {film} was {adverb} {word}"),
          affirms(
              "turned",
              "{film} was {opposite} at first but {adverb} {word} in the end",
              "{film} seemed {opposite} but it was {adverb} {word} {tail}",
              "i expected {film} to be {opposite} but it was {word}"),
          negates(
              "turned and negated",
              "{film} was {any} at first but {negation} {word} in the end",
              "{film} looked {any} but it was {negation} {word}"),
          affirms(
              "conceded before",
              "{concession} {film} was {opposite} at first , it was {word} later",
              "{concession} {film} looked {opposite} , it was {adverb} {word}"),
          affirms(
              "conceded after",
              "{film} was {adverb} {word} {concession} it was {opposite} at times",
              "{film} was {word} {tail} {concession} it looked {opposite}"),
          affirms(
              "film last",
              "{other} was {any} but {film} was {adverb} {word}",
              "{other} was {adverb} {any} and {film} was {word} {tail}",
              "{other} was {negation} {any} but {film} was {adverb} {word}"),
          affirms(
              "film first",
              "{film} was {adverb} {word} but {other} was {any}",
              "{film} was {word} {tail} and {other} was {any}",
              "{film} was {adverb} {word} and {other} was {negation} {any}"),
          negates(
              "film last and negated",
              "{other} was {any} but {film} was {negation} {word}",
              "{other} was {adverb} {any} and {film} was {negation} {word}"),
          negates(
              "film first and negated",
              "{film} was {negation} {word} but {other} was {any}",
              "{film} was {negation} {word} and {other} was {adverb} {any}"),
          affirms(
              "hearsay",
              "{person} called {film} {opposite} but it was {adverb} {word}",
              "{film} was {adverb} {word} {concession} {person} called it {opposite}",
              "{person} said {film} was {opposite} but i found it {word}"),
          negates(
              "hearsay denied",
              "{person} called {film} {word} but it was {negation} {word}",
              "{person} said {film} was {any} but it was {negation} {word}"),
          affirms(
              "compared",
              "{film} was more {word} than {opposite} {tail}",
              "{film} was less {opposite} than {word} {tail}",
              "{film} was not {opposite} but {adverb} {word} {tail}"));

  private static Construction affirms(String name, String... templates) {
    return new Construction(name, false, List.of(templates));
  }

  private static Construction negates(String name, String... templates) {
    return new Construction(name, true, List.of(templates));
  }
}
