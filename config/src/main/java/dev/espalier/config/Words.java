package dev.espalier.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The words of YAML that the enums of {@link Configuration} stand for. */
public final class Words {
  private Words() {}

  /** The word of {@code constant}: its name in lower case, or as its {@link JsonProperty} says. */
  public static String of(Enum<?> constant) {
    try {
      JsonProperty spelled =
          constant.getDeclaringClass().getField(constant.name()).getAnnotation(JsonProperty.class);
      return spelled == null ? constant.name().toLowerCase(Locale.ROOT) : spelled.value();
    } catch (NoSuchFieldException e) {
      throw new IllegalStateException("an enum has a field for each constant", e);
    }
  }

  /** The words of all constants of {@code type}, in their order; empty when it is no enum. */
  static List<String> all(Class<?> type) {
    return type.isEnum()
        ? Arrays.stream(type.getEnumConstants()).map(each -> of((Enum<?>) each)).toList()
        : List.of();
  }
}
