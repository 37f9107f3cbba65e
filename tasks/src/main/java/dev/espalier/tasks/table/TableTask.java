package dev.espalier.tasks.table;

import dev.espalier.api.data.Head;
import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * How the files of a task with one example in each row are laid out.
 *
 * @param name how configurations name it
 * @param format how rows are written
 * @param texts the columns with the text, one or two, in the order the model reads them
 * @param label the column with the class, or with the number
 * @param classes the classes in the order of their index; empty when the label is a number
 * @param metrics names of the metrics, the one that is judged by default first
 * @param quirks what is unusual about the files
 * @param range what a number may be; {@link Range#ALL} for classes
 */
public record TableTask(
    String name,
    Format format,
    List<Column> texts,
    Column label,
    List<TableClass> classes,
    List<String> metrics,
    Quirks quirks,
    Range range) {
  /** Copies the lists and checks that there are one or two texts, and not a single class. */
  public TableTask {
    texts = List.copyOf(texts);
    classes = List.copyOf(classes);
    metrics = List.copyOf(metrics);
    if (texts.isEmpty() || texts.size() > 2 || classes.size() == 1 || metrics.isEmpty()) {
      throw new IllegalArgumentException(
          "task "
              + name
              + " must have one or two texts, at least two classes or none, and a metric; found "
              + texts
              + ", "
              + classes
              + " and "
              + metrics);
    }
  }

  /** A task of classes, or of any numbers. */
  public TableTask(
      String name,
      Format format,
      List<Column> texts,
      Column label,
      List<TableClass> classes,
      List<String> metrics,
      Quirks quirks) {
    this(name, format, texts, label, classes, metrics, quirks, Range.ALL);
  }

  /** A classification in tab-separated files without quirks, judged by its accuracy. */
  public TableTask(String name, List<Column> texts, Column label, List<TableClass> classes) {
    this(name, Format.TSV, texts, label, classes, List.of("accuracy"), Quirks.NONE);
  }

  /**
   * The same task in Parquet files: columns have names, classes may be written by name, and −1
   * stands for no label, as in the hub's data sets.
   */
  public TableTask inParquet() {
    Set<String> unlabelled = new TreeSet<>(quirks.unlabelled());
    unlabelled.add("-1");
    return new TableTask(
        name,
        Format.PARQUET,
        texts,
        label,
        classes,
        metrics,
        new Quirks(false, false, unlabelled),
        range);
  }

  /** What a model answers with. */
  public Head head() {
    return classes.isEmpty()
        ? new Head.Regression()
        : new Head.Classification(classes.stream().map(TableClass::name).toList());
  }

  /**
   * A column, found by its name in the file's first line, or by its position in a file without a
   * header.
   *
   * @param names what it may be called, the official name first
   * @param position its place from 0, in a file without a header
   */
  public record Column(List<String> names, Optional<Integer> position) {
    /** Copies the list and checks that there is a name. */
    public Column {
      names = List.copyOf(names);
      if (names.isEmpty()) {
        throw new IllegalArgumentException("a column needs a name");
      }
    }

    /** A column by its names, the official one first. */
    public Column(String... names) {
      this(List.of(names), Optional.empty());
    }

    /** A column of a file without a header. */
    public static Column at(int position, String name) {
      return new Column(List.of(name), Optional.of(position));
    }

    /** The official name. */
    public String name() {
      return names.get(0);
    }
  }

  /**
   * What a number may be.
   *
   * @param least the smallest, included
   * @param most the largest, included
   */
  public record Range(double least, double most) {
    /** Every finite number. */
    public static final Range ALL = new Range(-Double.MAX_VALUE, Double.MAX_VALUE);

    /** Whether a number is in it. */
    public boolean contains(double value) {
      return value >= least && value <= most;
    }

    /** As messages say it. */
    @Override
    public String toString() {
      return "a number from " + plain(least) + " to " + plain(most);
    }

    private static String plain(double bound) {
      return new BigDecimal(bound).stripTrailingZeros().toPlainString();
    }
  }

  /**
   * A class.
   *
   * @param written how the files write it
   * @param name what people call it
   */
  public record TableClass(String written, String name) {
    /** A class that files and people call alike. */
    public TableClass(String name) {
      this(name, name);
    }
  }

  /**
   * What is unusual about a task's files.
   *
   * @param headerless whether the first line is an example; columns then have a position
   * @param skipsShortRows whether rows that are too short are left out, as QQP's readers do
   * @param unlabelled what stands for no label; such rows are left out
   */
  public record Quirks(boolean headerless, boolean skipsShortRows, Set<String> unlabelled) {
    /** Nothing unusual. */
    public static final Quirks NONE = new Quirks(false, false, Set.of());

    /** Copies the set. */
    public Quirks {
      unlabelled = Set.copyOf(unlabelled);
    }
  }
}
