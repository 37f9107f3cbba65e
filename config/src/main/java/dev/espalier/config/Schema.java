package dev.espalier.config;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The format as a tree, read off the configuration's records. */
final class Schema {
  /** What a value looks like. */
  sealed interface Shape {}

  /** A map with fixed keys. */
  record Section(List<Field> fields) implements Shape {
    Optional<Field> field(String name) {
      return fields.stream().filter(f -> f.name().equals(name)).findFirst();
    }

    List<String> names() {
      return fields.stream().map(Field::name).toList();
    }
  }

  /** A list of sections. */
  record Items(Section each) implements Shape {}

  /** One value. */
  enum Leaf implements Shape {
    TEXT,
    TEXTS,
    VALUES,
    PATH,
    WHOLE,
    DECIMAL,
    FLAG,
    AMOUNT,
    STRETCH,
    VALUE;

    /** Whether a number may stand there, and so a range of numbers be searched. */
    boolean isNumeric() {
      return this == WHOLE || this == DECIMAL || this == STRETCH || this == VALUE;
    }
  }

  /** A map with free keys. */
  record Free(Leaf each) implements Shape {}

  /**
   * A key with its annotation.
   *
   * @param words the only texts that it, or each entry of its list, may be; empty for any
   */
  record Field(String name, Shape shape, Key key, List<String> words) {
    /** The key's values, for a map with free keys. */
    Field each(String entry, Leaf leaf) {
      return new Field(entry, leaf, key, words);
    }
  }

  private Schema() {}

  /** The format that {@code type} describes. */
  static Section of(Class<?> type) {
    return new Section(Arrays.stream(type.getRecordComponents()).map(Schema::field).toList());
  }

  /** What is at {@code path}, or nothing when the format has no such path. */
  static Optional<Shape> find(Section root, String path) {
    Shape at = root;
    for (String segment : Paths.segments(path)) {
      Optional<Shape> next = child(at, segment);
      if (next.isEmpty()) {
        return Optional.empty();
      }
      at = next.get();
    }
    return Optional.of(at);
  }

  /** The key at {@code path}, or nothing when that is no field of the format. */
  static Optional<Field> field(Section root, String path) {
    List<String> segments = Paths.segments(path);
    if (segments.isEmpty()) {
      return Optional.empty();
    }
    String name = segments.get(segments.size() - 1);
    return find(root, Paths.parent(path))
        .filter(Section.class::isInstance)
        .flatMap(section -> ((Section) section).field(name));
  }

  private static Optional<Shape> child(Shape at, String segment) {
    if (at instanceof Section section) {
      return section.field(segment).map(Field::shape);
    }
    if (at instanceof Items items && Paths.isIndex(segment)) {
      return Optional.of(items.each());
    }
    return at instanceof Free free ? Optional.of(free.each()) : Optional.empty();
  }

  private static Field field(RecordComponent component) {
    Key key = component.getAnnotation(Key.class);
    if (key == null) {
      throw new IllegalStateException(component + " has no @Key");
    }
    String name =
        PropertyNamingStrategies.SnakeCaseStrategy.INSTANCE.translate(component.getName());
    return new Field(name, shape(component.getGenericType()), key, words(component.getType(), key));
  }

  private static List<String> words(Class<?> type, Key key) {
    if (key.each() == Key.AnyText.class) {
      return type.isEnum() ? Words.all(type) : List.of(key.words());
    }
    try {
      return List.copyOf(key.each().getDeclaredConstructor().newInstance().get());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(key.each() + " cannot be asked", e);
    }
  }

  private static Shape shape(Type type) {
    if (type instanceof ParameterizedType generic) {
      Type[] arguments = generic.getActualTypeArguments();
      return generic.getRawType() == Map.class
          ? new Free(arguments[1] == Object.class ? Leaf.VALUE : scalar((Class<?>) arguments[1]))
          : ofList(arguments[0]);
    }
    Class<?> plain = (Class<?>) type;
    if (plain == Amount.class) {
      return Leaf.AMOUNT;
    }
    if (plain == Stretch.class) {
      return Leaf.STRETCH;
    }
    if (plain.isRecord()) {
      return of(plain);
    }
    return scalar(plain);
  }

  private static Shape ofList(Type element) {
    if (element == Object.class) {
      return Leaf.VALUES;
    }
    return element == String.class ? Leaf.TEXTS : new Items(of((Class<?>) element));
  }

  private static Leaf scalar(Class<?> type) {
    if (type == String.class || type.isEnum()) {
      return Leaf.TEXT;
    }
    if (type == Path.class) {
      return Leaf.PATH;
    }
    if (type == int.class || type == long.class || type == Integer.class || type == Long.class) {
      return Leaf.WHOLE;
    }
    if (type == double.class || type == Double.class) {
      return Leaf.DECIMAL;
    }
    if (type == boolean.class || type == Boolean.class) {
      return Leaf.FLAG;
    }
    throw new IllegalStateException("no shape for " + type);
  }
}
