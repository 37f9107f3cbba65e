package dev.espalier.tasks.squad;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import dev.espalier.api.problem.ForeignText;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.tasks.text.TextFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A JSON value that knows where it stands. */
sealed interface Json {
  /** Where its first character is. */
  Place place();

  /** What messages call it. */
  String said();

  /**
   * A place in a text.
   *
   * @param line from 1
   * @param column from 1
   */
  record Place(int line, int column) {}

  /** Values by name. */
  record Members(Place place, Map<String, Json> values) implements Json {
    @Override
    public String said() {
      return "an object";
    }
  }

  /** A list. */
  record Items(Place place, List<Json> values) implements Json {
    @Override
    public String said() {
      return "a list";
    }
  }

  /** A text. */
  record Text(Place place, String value) implements Json {
    private static final int LONGEST_QUOTE = 40;

    @Override
    public String said() {
      boolean fits = value.codePointCount(0, value.length()) <= LONGEST_QUOTE;
      return "\""
          + (fits ? value : value.substring(0, value.offsetByCodePoints(0, LONGEST_QUOTE)) + "…")
          + "\"";
    }
  }

  /** A number, a boolean, or null, as it is written. */
  record Plain(Place place, String said) implements Json {}

  /**
   * Reads a file: one value, or several, as in JSON lines.
   *
   * @throws ProblemException of kind input, with line and column, when it is not JSON, or when a
   *     text is longer than {@link TextFile#LONGEST_ROW}
   */
  static List<Json> read(TextFile file) {
    JsonFactory factory =
        JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .streamReadConstraints(
                StreamReadConstraints.builder().maxStringLength(TextFile.LONGEST_ROW).build())
            .build();
    List<Json> values = new ArrayList<>();
    try (JsonParser parser = factory.createParser(file.text())) {
      while (true) {
        try {
          if (parser.nextToken() == null) {
            return values;
          }
          values.add(value(parser));
        } catch (StreamConstraintsException e) {
          throw problem(
              file,
              parser.currentLocation(),
              "a text has more than "
                  + TextFile.LONGEST_ROW
                  + " characters, a number more than 1000 digits, or lists and objects are nested"
                  + " more than 1000 deep");
        } catch (JsonProcessingException e) {
          throw problem(
              file,
              e.getLocation(),
              "the file is not JSON: " + ForeignText.ofJson(e.getOriginalMessage()));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("reading from memory", e);
    }
  }

  private static ProblemException problem(TextFile file, JsonLocation at, String message) {
    Location location =
        at == null
            ? Location.ofFile(file.source())
            : new Location(
                file.source(), Math.max(0, at.getLineNr()), Math.max(0, at.getColumnNr()));
    return ProblemException.at(ProblemKind.INPUT, location, message, null);
  }

  private static Json value(JsonParser parser) throws IOException {
    JsonLocation at = parser.currentTokenLocation();
    Place place = new Place(at.getLineNr(), at.getColumnNr());
    return switch (parser.currentToken()) {
      case START_OBJECT -> {
        Map<String, Json> members = new LinkedHashMap<>();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
          String name = parser.currentName();
          parser.nextToken();
          members.put(name, value(parser));
        }
        yield new Members(place, members);
      }
      case START_ARRAY -> {
        List<Json> items = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          items.add(value(parser));
        }
        yield new Items(place, items);
      }
      case VALUE_STRING -> new Text(place, parser.getText());
      default -> new Plain(place, parser.getText());
    };
  }
}
