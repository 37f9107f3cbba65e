package dev.espalier.tasks.glue;

import java.util.List;
import java.util.Optional;

/**
 * How one classification task of GLUE is laid out: a row of {@link #ALL}.
 *
 * @param name how configurations name it
 * @param texts the columns with the text, one or two, in the order the model reads them
 * @param label the column with the class
 * @param classes the classes in the order of their index
 */
public record GlueTask(String name, List<Column> texts, Column label, List<GlueClass> classes) {
  /** The tasks that can be read. */
  public static final List<GlueTask> ALL =
      List.of(
          new GlueTask(
              "sst-2",
              // GLUE says sentence; the copies of the dev and test files that circulate with
              // labels say content
              List.of(new Column("sentence", "content")),
              new Column("label"),
              List.of(new GlueClass("0", "negative"), new GlueClass("1", "positive"))));

  /** Copies the lists and checks that there are one or two texts and at least two classes. */
  public GlueTask {
    texts = List.copyOf(texts);
    classes = List.copyOf(classes);
    if (texts.isEmpty() || texts.size() > 2 || classes.size() < 2) {
      throw new IllegalArgumentException(
          "task "
              + name
              + " must have one or two texts and at least two classes, found "
              + texts
              + " and "
              + classes);
    }
  }

  /** The task of that name. */
  public static Optional<GlueTask> find(String name) {
    return ALL.stream().filter(task -> task.name().equals(name)).findFirst();
  }

  /** The names of the classes, in the order of their index. */
  public List<String> labels() {
    return classes.stream().map(GlueClass::name).toList();
  }

  /**
   * A column, found by its name in the file's first line.
   *
   * @param names what it may be called, the official name first
   */
  public record Column(List<String> names) {
    /** Copies the list and checks that there is a name. */
    public Column {
      names = List.copyOf(names);
      if (names.isEmpty()) {
        throw new IllegalArgumentException("a column needs a name");
      }
    }

    /** A column by its names, the official one first. */
    public Column(String... names) {
      this(List.of(names));
    }

    /** The official name. */
    public String name() {
      return names.get(0);
    }
  }

  /**
   * A class.
   *
   * @param written how the files write it
   * @param name what people call it
   */
  public record GlueClass(String written, String name) {}
}
