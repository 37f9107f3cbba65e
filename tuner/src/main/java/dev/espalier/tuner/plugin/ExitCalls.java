package dev.espalier.tuner.plugin;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Finds the calls of {@link System#exit}, {@link Runtime#exit} and {@link Runtime#halt} in a class
 * file and turns them into calls of {@link ExitRefused}, method references included.
 *
 * <p>The methods there take what is on the stack, the runtime too, so a call stays as long as it is
 * and neither branches nor stack maps change: the constant that names the method gets another class
 * and type, from entries appended to the pool, and {@code invokevirtual} becomes {@code
 * invokestatic}. Formats are those of the Java Virtual Machine Specification, chapters 4.4, 4.7.3
 * and 6.5.
 */
final class ExitCalls {
  private static final int MAGIC = 0xCAFEBABE;
  private static final int INVOKE_VIRTUAL = 182;
  private static final int INVOKE_STATIC = 184;
  private static final int TABLE_SWITCH = 170;
  private static final int LOOKUP_SWITCH = 171;
  private static final int WIDE = 196;
  private static final int INCREMENT = 132;

  /** Tags of constants. */
  private static final int TEXT = 1;

  private static final int CLASS = 7;
  private static final int METHOD = 10;
  private static final int NAME_AND_TYPE = 12;
  private static final int METHOD_HANDLE = 15;

  /** Kinds of method handles. */
  private static final int VIRTUAL = 5;

  private static final int STATIC = 6;

  private final ByteBuffer file;

  /** Where each constant's tag is; 0 for none. */
  private final int[] constants;

  private final int endOfConstants;

  /** Bytes of the entries to append to the pool. */
  private final List<byte[]> appended = new ArrayList<>();

  /** Constants of methods that were called on a runtime. */
  private final Set<Integer> onRuntime = new HashSet<>();

  private ExitCalls(byte[] classFile) {
    file = ByteBuffer.wrap(classFile.clone());
    if (file.getInt() != MAGIC) {
      throw new IllegalArgumentException("no class file");
    }
    file.position(8);
    constants = new int[unsignedShort()];
    for (int i = 1; i < constants.length; i++) {
      constants[i] = file.position();
      int tag = file.get();
      switch (tag) {
        case TEXT -> skip(unsignedShort());
        case 3, 4, 9, METHOD, 11, NAME_AND_TYPE, 17, 18 -> skip(4);
        case 5, 6 -> {
          skip(8);
          i++; // they take two places
        }
        case CLASS, 8, 16, 19, 20 -> skip(2);
        case METHOD_HANDLE -> skip(3);
        default -> throw new IllegalArgumentException("no constant has tag " + tag);
      }
    }
    endOfConstants = file.position();
  }

  /**
   * The class file with its calls turned, or empty when it has none, or is none that can be read,
   * of which the virtual machine will say more.
   */
  static Optional<byte[]> redirected(byte[] classFile) {
    try {
      ExitCalls calls = new ExitCalls(classFile);
      return calls.redirectConstants() ? Optional.of(calls.redirectedFile()) : Optional.empty();
    } catch (IllegalArgumentException | BufferUnderflowException | IndexOutOfBoundsException e) {
      return Optional.empty();
    }
  }

  /** Changes which methods the constants name; false when there is none of those. */
  private boolean redirectConstants() {
    int refused = 0;
    for (int i = 1; i < constants.length; i++) {
      int at = constants[i];
      if (at == 0 || file.get(at) != METHOD) {
        continue;
      }
      String owner = text(at(at(at + 1) + 1));
      int signature = at(at + 3);
      int name = unsignedShort(signature + 1);
      boolean exits = text(constants[name]).equals("exit");
      boolean halts = text(constants[name]).equals("halt");
      boolean runtime = owner.equals("java/lang/Runtime") && (exits || halts);
      boolean system = owner.equals("java/lang/System") && exits;
      if (!(runtime || system) || !text(at(signature + 3)).equals("(I)V")) {
        continue;
      }
      if (refused == 0) {
        refused = append(CLASS, append(ExitRefused.class.getName().replace('.', '/')));
      }
      file.putShort(at + 1, (short) refused);
      if (runtime) {
        int type = append("(Ljava/lang/Runtime;I)V");
        file.putShort(at + 3, (short) append(NAME_AND_TYPE, name, type));
        onRuntime.add(i);
      }
    }
    return refused != 0;
  }

  private byte[] redirectedFile() {
    redirectHandles();
    redirectCode();
    byte[] before = file.array();
    int more = appended.stream().mapToInt(each -> each.length).sum();
    ByteBuffer after = ByteBuffer.allocate(before.length + more);
    after.put(before, 0, endOfConstants);
    appended.forEach(after::put);
    after.put(before, endOfConstants, before.length - endOfConstants);
    after.putShort(8, (short) (constants.length + appended.size()));
    return after.array();
  }

  private void redirectHandles() {
    for (int at : constants) {
      if (at != 0
          && file.get(at) == METHOD_HANDLE
          && file.get(at + 1) == VIRTUAL
          && onRuntime.contains(unsignedShort(at + 2))) {
        file.put(at + 1, (byte) STATIC);
      }
    }
  }

  private void redirectCode() {
    file.position(endOfConstants);
    skip(6);
    skip(2 * unsignedShort()); // interfaces
    for (int fields = unsignedShort(); fields > 0; fields--) {
      skip(6);
      attributes(false);
    }
    for (int methods = unsignedShort(); methods > 0; methods--) {
      skip(6);
      attributes(true);
    }
  }

  private void attributes(boolean ofMethod) {
    for (int count = unsignedShort(); count > 0; count--) {
      String name = text(constants[unsignedShort()]);
      int length = file.getInt();
      int from = file.position();
      if (ofMethod && name.equals("Code")) {
        int code = from + 8;
        redirectInstructions(code, code + file.getInt(from + 4));
      }
      file.position(from);
      skip(length);
    }
  }

  private void redirectInstructions(int from, int to) {
    int at = from;
    while (at < to) {
      int instruction = file.get(at) & 0xFF;
      if (instruction == INVOKE_VIRTUAL && onRuntime.contains(unsignedShort(at + 1))) {
        file.put(at, (byte) INVOKE_STATIC);
      }
      int length = length(instruction, at, from);
      if (length < 1) {
        throw new IllegalArgumentException("no switch is that long");
      }
      at += length;
    }
  }

  private int length(int instruction, int at, int from) {
    // Operands of a switch are aligned to its method's code.
    int operands = at + 4 - (at - from) % 4;
    return switch (instruction) {
      case TABLE_SWITCH ->
          operands + 12 + 4 * (file.getInt(operands + 8) - file.getInt(operands + 4) + 1) - at;
      case LOOKUP_SWITCH -> operands + 8 + 8 * file.getInt(operands + 4) - at;
      case WIDE -> (file.get(at + 1) & 0xFF) == INCREMENT ? 6 : 4;
      default -> length(instruction);
    };
  }

  /** Bytes of an instruction with its operands. */
  private static int length(int instruction) {
    if (instruction == 16 // bipush
        || instruction == 18 // ldc
        || (instruction >= 21 && instruction <= 25) // loads
        || (instruction >= 54 && instruction <= 58) // stores
        || instruction == 169 // ret
        || instruction == 188) { // newarray
      return 2;
    }
    if (instruction == 17 // sipush
        || instruction == 19 // ldc_w
        || instruction == 20 // ldc2_w
        || instruction == INCREMENT
        || (instruction >= 153 && instruction <= 168) // branches
        || (instruction >= 178 && instruction <= INVOKE_STATIC) // fields and methods
        || instruction == 187 // new
        || instruction == 189 // anewarray
        || instruction == 192 // checkcast
        || instruction == 193 // instanceof
        || instruction == 198 // ifnull
        || instruction == 199) { // ifnonnull
      return 3;
    }
    if (instruction == 197) { // multianewarray
      return 4;
    }
    // invokeinterface, invokedynamic, goto_w, jsr_w; all others stand alone
    boolean longest =
        instruction == 185 || instruction == 186 || instruction == 200 || instruction == 201;
    return longest ? 5 : 1;
  }

  /** Appends a text to the pool, and returns its number. */
  private int append(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    ByteBuffer entry = ByteBuffer.allocate(3 + bytes.length);
    entry.put((byte) TEXT).putShort((short) bytes.length).put(bytes);
    return append(entry.array());
  }

  private int append(int tag, int... references) {
    ByteBuffer entry = ByteBuffer.allocate(1 + 2 * references.length);
    entry.put((byte) tag);
    for (int reference : references) {
      entry.putShort((short) reference);
    }
    return append(entry.array());
  }

  private int append(byte[] entry) {
    int number = constants.length + appended.size();
    if (number >= 0xFFFF) {
      throw new IllegalArgumentException("the pool of constants is full");
    }
    appended.add(entry);
    return number;
  }

  /** Where the constant is that is referred to at {@code offset}. */
  private int at(int offset) {
    return constants[unsignedShort(offset)];
  }

  /** The text of a constant; other encodings than ASCII are no name that is looked for. */
  private String text(int constant) {
    int length = unsignedShort(constant + 1);
    return new String(file.array(), constant + 3, length, StandardCharsets.ISO_8859_1);
  }

  private int unsignedShort() {
    return file.getShort() & 0xFFFF;
  }

  private int unsignedShort(int offset) {
    return file.getShort(offset) & 0xFFFF;
  }

  private void skip(int bytes) {
    file.position(file.position() + bytes);
  }
}
