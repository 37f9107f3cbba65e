package dev.espalier.tuner.directory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.espalier.core.quantization.QuantizedModel.Operator;
import dev.espalier.tuner.directory.StageResults.Exported;
import dev.espalier.tuner.directory.StageResults.Quantized;
import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a stage writes can be read back, whatever is in it. Every record is filled by its type, so a
 * component that is added later is filled, too.
 */
final class StageRecordsTest {
  private static final ObjectMapper PLAIN = new ObjectMapper();
  private int next = 1;

  static Stream<Class<? extends Record>> kept() {
    return StageRecords.TYPES.stream().sorted(Comparator.comparing(Class::getName));
  }

  @ParameterizedTest
  @MethodSource("kept")
  void a_record_with_every_field_filled_is_read_as_it_was_written(Class<? extends Record> type)
      throws IOException {
    Object value = filled(type);

    String text = StageRecords.text(value);

    assertThat(StageRecords.read(text.getBytes(StandardCharsets.UTF_8), type)).isEqualTo(value);
    assertKeysAreComponents(PLAIN.readTree(text), type);
  }

  @ParameterizedTest
  @MethodSource("kept")
  void a_record_with_nothing_where_nothing_may_be_is_read_as_it_was_written(
      Class<? extends Record> type) throws IOException {
    Object value = filled(type, false);

    String text = StageRecords.text(value);

    assertThat(StageRecords.read(text.getBytes(StandardCharsets.UTF_8), type)).isEqualTo(value);
  }

  @Test
  void operators_that_were_written_with_a_key_too_many_can_be_read() throws IOException {
    Object value = filled(Quantized.class);
    String before =
        StageRecords.text(value).replace("\"precision\"", "\"quantized\":true,\"precision\"");
    assertThat(before.split("\"quantized\"", -1)).hasSize(3);

    assertThat(StageRecords.read(before.getBytes(StandardCharsets.UTF_8), Quantized.class))
        .isEqualTo(value);
  }

  @Test
  void a_record_that_nobody_tests_is_not_kept() {
    assertThatThrownBy(() -> StageRecords.text(new Operator("", "", "int8", null, null, 1)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "null",
        "",
        "[]",
        "{\"size\":{\"bytes\":1,\"compressedBytes\":2},\"fusedOperators\":{}} x",
        "{\"size\":{\"bytes\":1},\"fusedOperators\":{}}",
        "{\"size\":{\"bytes\":1,\"compressedBytes\":2},\"fusedOperators\":{},\"more\":1}"
      })
  void what_is_no_such_record_is_refused(String text) {
    assertThatThrownBy(
            () -> {
              Exported read =
                  StageRecords.read(text.getBytes(StandardCharsets.UTF_8), Exported.class);
              assertThat(read.size().bytes() + read.fusedOperators().size()).isNotNegative();
            })
        .isInstanceOfAny(IOException.class, NullPointerException.class);
  }

  // ------------------------------------------------------------------ helpers

  private Object filled(Class<? extends Record> type) {
    return filled(type, true);
  }

  private Object filled(Class<?> type, boolean nullables) {
    RecordComponent[] components = type.getRecordComponents();
    Object[] values =
        Arrays.stream(components)
            .map(
                component ->
                    !nullables && isNullable(component)
                        ? null
                        : value(component.getGenericType(), nullables))
            .toArray();
    try {
      var constructor =
          type.getDeclaredConstructor(
              Arrays.stream(components).map(RecordComponent::getType).toArray(Class[]::new));
      constructor.setAccessible(true);
      return constructor.newInstance(values);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(type + " cannot be filled", e);
    }
  }

  private static boolean isNullable(RecordComponent component) {
    return component.getAnnotatedType().getAnnotations().length > 0
        || component.getAccessor().getAnnotatedReturnType().getAnnotations().length > 0;
  }

  private Object value(Type type, boolean nullables) {
    if (type instanceof ParameterizedType generic) {
      Type[] of = generic.getActualTypeArguments();
      if (generic.getRawType() == List.class) {
        return List.of(value(of[0], nullables), value(of[0], nullables));
      }
      Map<Object, Object> map = new LinkedHashMap<>();
      if (of[1] == Object.class) { // what a search may vary
        map.put("whole", 7L);
        map.put("large", 1L << 40);
        map.put("share", 0.25);
        map.put("integral", 3.0);
        map.put("word", "magnitude");
        map.put("flag", true);
        map.put("list", List.of("a", 1L, 2.5));
      } else {
        map.put(value(of[0], nullables), value(of[1], nullables));
        map.put(value(of[0], nullables), value(of[1], nullables));
      }
      return map;
    }
    Class<?> raw = (Class<?>) type;
    int n = next++;
    if (raw == String.class) {
      return "text " + n + " \"ü\" \n";
    }
    if (raw == int.class || raw == Integer.class) {
      return n;
    }
    if (raw == long.class || raw == Long.class) {
      return (1L << 40) + n;
    }
    if (raw == double.class || raw == Double.class) {
      return n + 0.1;
    }
    if (raw == boolean.class || raw == Boolean.class) {
      return true;
    }
    if (raw.isRecord()) {
      return filled(raw, nullables);
    }
    throw new AssertionError("nothing is known to fill a " + raw + " with");
  }

  /** No method of a record may become a key, at any depth. */
  private static void assertKeysAreComponents(JsonNode node, Class<?> type) {
    RecordComponent[] components = type.getRecordComponents();
    assertThat(node.properties().stream().map(Map.Entry::getKey))
        .as(type.getName())
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(components).map(RecordComponent::getName).collect(Collectors.toList()));
    for (RecordComponent component : components) {
      JsonNode child = node.get(component.getName());
      if (component.getType().isRecord()) {
        assertKeysAreComponents(child, component.getType());
      } else if (component.getGenericType() instanceof ParameterizedType generic) {
        Type[] of = generic.getActualTypeArguments();
        if (of[of.length - 1] instanceof Class<?> element && element.isRecord()) {
          assertThat(child).isNotEmpty();
          child.forEach(each -> assertKeysAreComponents(each, element));
        }
      }
    }
  }
}
