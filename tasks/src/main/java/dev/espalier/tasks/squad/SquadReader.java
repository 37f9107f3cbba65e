package dev.espalier.tasks.squad;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.espalier.api.problem.Location;
import dev.espalier.api.problem.Problem;
import dev.espalier.api.problem.ProblemException;
import dev.espalier.api.problem.ProblemKind;
import dev.espalier.tasks.text.Part;
import dev.espalier.tasks.text.TextFile;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Reads the JSON files of SQuAD 1.1 and 2.0, and of what is laid out like them. */
public final class SquadReader {
  private static final int PROBLEMS_DESCRIBED = 10;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final TextFile file;
  private final boolean unanswerable;
  private final List<String> complaints = new ArrayList<>();
  private final Set<String> ids = new HashSet<>();

  private SquadReader(TextFile file, boolean unanswerable) {
    this.file = file;
    this.unanswerable = unanswerable;
  }

  /**
   * Reads a file.
   *
   * @param unanswerable whether there may be questions without an answer, as in SQuAD 2.0
   * @param part the paragraphs to return, counted through all articles
   * @return the questions in the order of the file
   * @throws ProblemException of kind input when the file is not JSON, with its line, or not laid
   *     out like SQuAD, with the first ten places, or holds no question
   */
  public static List<Question> read(TextFile file, boolean unanswerable, Part part) {
    SquadReader reader = new SquadReader(file, unanswerable);
    List<List<Question>> paragraphs = reader.paragraphs(reader.tree());
    if (!reader.complaints.isEmpty()) {
      throw new ProblemException(reader.problems());
    }
    List<Question> questions =
        part.of(paragraphs, "paragraphs", file.source()).stream().flatMap(List::stream).toList();
    if (questions.isEmpty()) {
      throw ProblemException.at(
          ProblemKind.INPUT, Location.ofFile(file.source()), "there is no question in it", null);
    }
    return questions;
  }

  private List<Problem> problems() {
    List<Problem> problems = new ArrayList<>();
    Location location = Location.ofFile(file.source());
    for (String complaint : complaints) {
      if (problems.size() == PROBLEMS_DESCRIBED) {
        String more = "and " + (complaints.size() - PROBLEMS_DESCRIBED) + " more";
        problems.add(new Problem(ProblemKind.INPUT, location, more, null));
        break;
      }
      problems.add(new Problem(ProblemKind.INPUT, location, complaint, null));
    }
    return problems;
  }

  private JsonNode tree() {
    try {
      return JSON.readTree(file.text());
    } catch (JsonProcessingException e) {
      int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
      throw ProblemException.at(
          ProblemKind.INPUT,
          Location.ofLine(file.source(), Math.max(line, 0)),
          "the file is not JSON: " + e.getOriginalMessage(),
          null);
    }
  }

  private List<List<Question>> paragraphs(JsonNode root) {
    List<List<Question>> paragraphs = new ArrayList<>();
    JsonNode articles = array(root, "data", "");
    for (int a = 0; a < articles.size(); a++) {
      String article = "data[" + a + "]";
      JsonNode each = array(articles.get(a), "paragraphs", article + ".");
      for (int p = 0; p < each.size(); p++) {
        paragraphs.add(questions(each.get(p), article + ".paragraphs[" + p + "]"));
      }
    }
    return paragraphs;
  }

  private List<Question> questions(JsonNode paragraph, String at) {
    String context = text(paragraph, "context", at);
    JsonNode asked = array(paragraph, "qas", at + ".");
    List<Question> questions = new ArrayList<>();
    for (int q = 0; q < asked.size(); q++) {
      questions.add(question(asked.get(q), context, at + ".qas[" + q + "]"));
    }
    return questions;
  }

  private Question question(JsonNode node, String context, String at) {
    String id = text(node, "id", at);
    if (!ids.add(id)) {
      complaints.add(at + ".id: \"" + id + "\" is there twice");
    }
    List<Question.Answer> answers = new ArrayList<>();
    JsonNode given = array(node, "answers", at + ".");
    for (int i = 0; i < given.size(); i++) {
      String answer = at + ".answers[" + i + "]";
      String text = text(given.get(i), "text", answer);
      JsonNode start = given.get(i).path("answer_start");
      if (!start.canConvertToInt() || start.intValue() < 0) {
        complaints.add(answer + ".answer_start: must be a number from 0, found " + start);
      }
      answers.add(new Question.Answer(text, start.intValue()));
    }
    boolean impossible = node.path("is_impossible").asBoolean(false);
    if (!unanswerable && (impossible || answers.isEmpty())) {
      complaints.add(at + ": has no answer; the task squad-v2 knows such questions");
    }
    return new Question(id, text(node, "question", at), context, impossible ? List.of() : answers);
  }

  private String text(JsonNode node, String name, String at) {
    JsonNode value = node.path(name);
    if (!value.isTextual()) {
      complaints.add(at + "." + name + ": must be a text");
    }
    return value.asText();
  }

  private JsonNode array(JsonNode node, String name, String before) {
    JsonNode value = node.path(name);
    if (!value.isArray()) {
      complaints.add(before + name + ": must be a list");
    }
    return value;
  }
}
