package dev.espalier.tasks.twin;

import java.util.List;

/**
 * The words of {@link SentimentTwin}. The opinion words are English adjectives that can be said of
 * a film and of a person or thing alike, half of them positive.
 */
final class Vocabulary {
  static final List<String> POSITIVE =
      words(
          """
          brilliant wonderful charming delightful moving touching funny witty clever smart elegant
          graceful gorgeous beautiful lovely splendid superb excellent fantastic terrific marvelous
          magnificent great good fresh original inventive creative imaginative inspiring uplifting
          warm tender sweet honest sincere genuine heartfelt thoughtful intelligent wise refined
          polished impressive remarkable extraordinary memorable unforgettable captivating
          fascinating engaging absorbing gripping thrilling exciting exhilarating lively vibrant
          energetic enjoyable entertaining pleasant amusing hilarious satisfying rewarding
          convincing compelling powerful masterful perfect flawless stunning adorable outstanding
          """);

  static final List<String> NEGATIVE =
      words(
          """
          awful terrible horrible dreadful dull boring tedious tiresome dreary bland stale lifeless
          hollow shallow pointless senseless stupid silly foolish dumb clumsy awkward sloppy messy
          lazy cheap shabby ugly crude vulgar nasty cruel cold annoying irritating frustrating
          disappointing depressing exhausting unpleasant unbearable insufferable offensive
          disgusting repulsive ridiculous absurd laughable pathetic pitiful miserable weak feeble
          poor bad mediocre forgettable predictable unoriginal pretentious phony fake dishonest
          manipulative confusing incoherent chaotic worthless useless obnoxious hideous inept
          atrocious appalling lousy
          """);

  static final List<String> FILMS =
      List.of(
          "the film",
          "this film",
          "the movie",
          "this movie",
          "the picture",
          "this picture",
          "the feature",
          "this feature");

  /** Whoever and whatever a sentence may also have an opinion about, which does not count. */
  static final List<String> OTHERS =
      List.of(
          "the neighbor",
          "my neighbor",
          "the usher",
          "the theater",
          "the crowd",
          "the weather",
          "the dinner",
          "my cousin",
          "the hotel",
          "the book",
          "the concert",
          "the lecture");

  /** Those of the others who can say something. */
  static final List<String> PEOPLE =
      List.of(
          "the critic",
          "one critic",
          "the neighbor",
          "my neighbor",
          "the usher",
          "my cousin",
          "the reporter",
          "my teacher");

  static final List<String> NEGATIONS =
      List.of("not", "hardly", "never", "scarcely", "far from", "anything but", "by no means");

  static final List<String> ADVERBS =
      List.of("truly", "really", "quite", "simply", "utterly", "rather", "absolutely");

  static final List<String> CONCESSIONS = List.of("although", "though", "even though", "while");

  static final List<String> TAILS =
      List.of(
          "from beginning to end",
          "in every single scene",
          "on the big screen",
          "when we saw it",
          "for most of us",
          "the second time around");

  private Vocabulary() {}

  private static List<String> words(String text) {
    return List.of(text.strip().split("\\s+"));
  }
}
