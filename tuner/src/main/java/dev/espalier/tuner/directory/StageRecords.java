package dev.espalier.tuner.directory;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.PropertyAccessor;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.espalier.core.quantization.QuantizedModel;
import dev.espalier.tuner.result.RunFacts;
import java.io.IOException;
import java.util.Set;

/**
 * Writes what a stage found out as JSON, and reads it back: one mapper for both, which sees the
 * components of a record and nothing else, so that no convenience method becomes a key that cannot
 * be read.
 */
public final class StageRecords {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .visibility(PropertyAccessor.GETTER, Visibility.NONE)
          .visibility(PropertyAccessor.IS_GETTER, Visibility.NONE)
          .visibility(PropertyAccessor.FIELD, Visibility.ANY)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_LONG_FOR_INTS)
          .addMixIn(QuantizedModel.Operator.class, WrittenBefore.class)
          .build();

  /** Keys that earlier versions wrote though no component has them. */
  @JsonIgnoreProperties("quantized")
  private abstract static class WrittenBefore {}

  /** The records that stages keep; another one is a bug, so that each is tested. */
  static final Set<Class<? extends Record>> TYPES =
      Set.of(
          StageResults.Trained.class,
          StageResults.Exported.class,
          StageResults.Quantized.class,
          StageResults.Measured.class,
          Proposed.class,
          RunFacts.Failure.class);

  private StageRecords() {}

  /** A record as JSON, on one line with a line feed. */
  static String text(Object value) {
    check(value.getClass());
    try {
      return MAPPER.writeValueAsString(value) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a record of plain values can always be written", e);
    }
  }

  /**
   * The record that {@code text} holds.
   *
   * @throws IOException when it is not one of {@code type}
   */
  static <T> T read(byte[] text, Class<T> type) throws IOException {
    check(type);
    T value = MAPPER.readValue(text, type);
    if (value == null) {
      throw new IOException("null");
    }
    return value;
  }

  private static void check(Class<?> type) {
    if (TYPES.stream().noneMatch(type::equals)) {
      throw new IllegalArgumentException(type + " is not one of the records that stages keep");
    }
  }
}
