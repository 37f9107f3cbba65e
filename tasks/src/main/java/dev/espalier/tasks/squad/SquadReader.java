package dev.espalier.tasks.squad;

import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.tasks.squad.Json.Items;
import dev.espalier.tasks.squad.Json.Members;
import dev.espalier.tasks.squad.Json.Place;
import dev.espalier.tasks.squad.Json.Plain;
import dev.espalier.tasks.squad.Json.Text;
import dev.espalier.tasks.text.Part;
import dev.espalier.tasks.text.TextFile;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads questions about paragraphs from JSON.
 *
 * <p>SQuAD's own files nest them: {@code {"data": [{"paragraphs": [{"context", "qas": [{"id",
 * "question", "answers": [{"text", "answer_start"}]}]}]}]}}. The hub's data sets have a row for
 * each question, {@code {"id", "context", "question", "answers": {"text": [], "answer_start":
 * []}}}. Rows, paragraphs and articles may be in a list, in a list named data, or one on each line;
 * both forms of answers may be in each.
 */
public final class SquadReader {
  private static final int PROBLEMS_DESCRIBED = 10;

  private static final Pattern OFFSET = Pattern.compile("\\d{1,9}");

  private final TextFile file;
  private final boolean unanswerable;
  private final List<Complaint> complaints = new ArrayList<>();
  private final Set<String> ids = new HashSet<>();
  private final List<List<Question>> paragraphs = new ArrayList<>();

  private SquadReader(TextFile file, boolean unanswerable) {
    this.file = file;
    this.unanswerable = unanswerable;
  }

  private record Complaint(Place place, String message) {}

  /**
   * Reads a file.
   *
   * @param unanswerable whether there may be questions without an answer, as in SQuAD 2.0
   * @param part the paragraphs to return, counted through all articles; successive rows with one
   *     context are a paragraph
   * @return the questions in the order of the file
   * @throws ProblemException of kind input when the file is not JSON, or not laid out like SQuAD,
   *     with the first ten places, or holds no question
   */
  public static List<Question> read(TextFile file, boolean unanswerable, Part part) {
    SquadReader reader = new SquadReader(file, unanswerable);
    reader.readFile(Json.read(file));
    if (!reader.complaints.isEmpty()) {
      throw new ProblemException(reader.problems());
    }
    List<Question> questions =
        part.of(reader.paragraphs, "paragraphs", file.source()).stream()
            .flatMap(List::stream)
            .toList();
    if (questions.isEmpty()) {
      throw ProblemException.at(
          ProblemKind.INPUT, Location.ofFile(file.source()), "there is no question in it", null);
    }
    return questions;
  }

  private List<Problem> problems() {
    List<Problem> problems = new ArrayList<>();
    for (Complaint complaint : complaints) {
      if (problems.size() == PROBLEMS_DESCRIBED) {
        String more = "and " + (complaints.size() - PROBLEMS_DESCRIBED) + " more";
        problems.add(new Problem(ProblemKind.INPUT, Location.ofFile(file.source()), more, null));
        break;
      }
      Place place = complaint.place();
      problems.add(
          new Problem(
              ProblemKind.INPUT,
              new Location(file.source(), place.line(), place.column()),
              complaint.message(),
              null));
    }
    return problems;
  }

  private void complain(Json at, String message) {
    complaints.add(new Complaint(at.place(), message));
  }

  private void readFile(List<Json> values) {
    if (values.size() != 1) {
      values.forEach(value -> readEntry(value, "")); // JSON lines
    } else if (values.get(0) instanceof Items items) {
      readEntries(items, "");
    } else if (values.get(0) instanceof Members root && !root.values().containsKey("context")) {
      readEntries(items(root, "data", ""), "data");
    } else {
      readEntry(values.get(0), "");
    }
  }

  private void readEntries(Items entries, String at) {
    for (int i = 0; i < entries.values().size(); i++) {
      readEntry(entries.values().get(i), at + "[" + i + "]");
    }
  }

  /** Reads an article, a paragraph or a row. */
  private void readEntry(Json entry, String at) {
    if (!(entry instanceof Members members)) {
      complain(entry, said(at) + "must be an object, found " + entry.said());
      return;
    }
    Set<String> names = members.values().keySet();
    if (names.contains("paragraphs")) {
      Items each = items(members, "paragraphs", at);
      for (int p = 0; p < each.values().size(); p++) {
        readParagraph(each.values().get(p), below(at, "paragraphs[" + p + "]"));
      }
    } else if (names.contains("qas")) {
      readParagraph(members, at);
    } else if (names.contains("context")) {
      readRow(members, at);
    } else {
      complain(
          members,
          said(at)
              + "has neither paragraphs, as SQuAD's own files, nor context, question and answers, as"
              + " the hub's; it has "
              + (names.isEmpty() ? "nothing" : String.join(", ", names)));
    }
  }

  private void readParagraph(Json paragraph, String at) {
    if (!(paragraph instanceof Members members)) {
      complain(paragraph, said(at) + "must be an object, found " + paragraph.said());
      return;
    }
    String context = text(members, "context", at);
    Items asked = items(members, "qas", at);
    List<Question> questions = new ArrayList<>();
    for (int q = 0; q < asked.values().size(); q++) {
      questions.add(question(asked.values().get(q), context, below(at, "qas[" + q + "]")));
    }
    paragraphs.add(questions);
  }

  private void readRow(Members row, String at) {
    String context = text(row, "context", at);
    @Nullable String before =
        paragraphs.isEmpty()
            ? null
            : paragraphs.get(paragraphs.size() - 1).stream()
                .map(Question::context)
                .findFirst()
                .orElse(null);
    boolean same = context.equals(before);
    if (!same) {
      paragraphs.add(new ArrayList<>());
    }
    paragraphs
        .get(paragraphs.size() - 1)
        .add(question(row, same ? String.valueOf(before) : context, at));
  }

  private Question question(Json node, String context, String at) {
    if (!(node instanceof Members members)) {
      complain(node, said(at) + "must be an object, found " + node.said());
      return new Question("", "", context, List.of());
    }
    String id = text(members, "id", at);
    if (!ids.add(id)) {
      complain(members, below(at, "id") + ": \"" + id + "\" is there twice");
    }
    int before = complaints.size();
    List<Question.Answer> answers = answers(members, at);
    boolean impossible = impossible(members, at);
    if (!unanswerable && (impossible || answers.isEmpty()) && complaints.size() == before) {
      complain(members, said(at) + "has no answer; the task squad-v2 knows such questions");
    }
    return new Question(
        id, text(members, "question", at), context, impossible ? List.of() : answers);
  }

  private boolean impossible(Members question, String at) {
    Json value = question.values().get("is_impossible");
    if (value != null && !(value instanceof Plain plain && plain.said().matches("true|false"))) {
      complain(
          value, below(at, "is_impossible") + ": must be true or false, found " + value.said());
    }
    return value != null && value.said().equals("true");
  }

  private List<Question.Answer> answers(Members question, String at) {
    Json given = question.values().get("answers");
    String path = below(at, "answers");
    if (given instanceof Members columns) {
      return answersInColumns(columns, path);
    }
    if (!(given instanceof Items items)) {
      complain(
          given == null ? question : given,
          path
              + ": must be a list of {text, answer_start}, or {text: list, answer_start: list}"
              + found(given));
      return List.of();
    }
    List<Question.Answer> answers = new ArrayList<>();
    for (int i = 0; i < items.values().size(); i++) {
      String each = path + "[" + i + "]";
      if (items.values().get(i) instanceof Members answer) {
        String text = text(answer, "text", each);
        Json start = answer.values().get("answer_start");
        answers.add(
            new Question.Answer(
                text, start(start, start == null ? answer : start, each + ".answer_start")));
      } else {
        Json other = items.values().get(i);
        complain(other, each + ": must be an object with text and answer_start" + found(other));
      }
    }
    return answers;
  }

  private List<Question.Answer> answersInColumns(Members columns, String at) {
    Items texts = items(columns, "text", at);
    Items starts = items(columns, "answer_start", at);
    int count = texts.values().size();
    if (count != starts.values().size()) {
      complain(
          columns,
          at
              + ": must have an answer_start for each text, found "
              + starts.values().size()
              + " for "
              + count);
      return List.of();
    }
    List<Question.Answer> answers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Json text = texts.values().get(i);
      Json start = starts.values().get(i);
      answers.add(
          new Question.Answer(
              text(text, text, at + ".text[" + i + "]"),
              start(start, start, at + ".answer_start[" + i + "]")));
    }
    return answers;
  }

  private int start(@Nullable Json value, Json place, String path) {
    if (value instanceof Plain plain && OFFSET.matcher(plain.said()).matches()) {
      return Integer.parseInt(plain.said());
    }
    complain(place, path + ": must be a number from 0" + found(value));
    return 0;
  }

  private String text(Members members, String name, String at) {
    Json value = members.values().get(name);
    return text(value, value == null ? members : value, below(at, name));
  }

  private String text(@Nullable Json value, Json place, String path) {
    if (!(value instanceof Text text)) {
      complain(place, path + ": must be a text" + found(value));
      return "";
    }
    if (!isWhole(text.value())) {
      complain(place, path + ": has half of a character, a surrogate without the other");
    }
    return text.value();
  }

  private static boolean isWhole(String text) {
    return text.codePoints()
        .noneMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
  }

  private Items items(Members members, String name, String at) {
    Json value = members.values().get(name);
    if (value instanceof Items items) {
      return items;
    }
    complain(value == null ? members : value, below(at, name) + ": must be a list" + found(value));
    return new Items(members.place(), List.of());
  }

  private static String found(@Nullable Json value) {
    return value == null ? ", but is missing" : ", found " + value.said();
  }

  private static String below(String at, String name) {
    return at.isEmpty() ? name : at + "." + name;
  }

  private static String said(String at) {
    return at.isEmpty() ? "" : at + ": ";
  }
}
