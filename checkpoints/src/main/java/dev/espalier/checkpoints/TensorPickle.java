package dev.espalier.checkpoints;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads a pickled dictionary of tensors, and nothing else. A pickle is a program for a small stack
 * machine that may call any function of Python; this machine knows a fixed list of names, calls
 * nothing, and refuses every other name and operation.
 *
 * <p>A list or tuple is only ever made of what is on the stack, each byte of the pickle pushes or
 * takes a bounded number of values, and no value is copied or followed, so time and memory grow
 * with the pickle's length, however its parts refer to one another.
 */
final class TensorPickle {
  private static final Map<String, DataType> STORAGES =
      Map.of(
          "DoubleStorage", DataType.F64,
          "FloatStorage", DataType.F32,
          "HalfStorage", DataType.F16,
          "BFloat16Storage", DataType.BF16,
          "LongStorage", DataType.I64,
          "IntStorage", DataType.I32,
          "ShortStorage", DataType.I16,
          "CharStorage", DataType.I8,
          "ByteStorage", DataType.U8,
          "BoolStorage", DataType.BOOL);

  private static final String ORDERED = "collections.OrderedDict";
  private static final String TENSOR = "torch._utils._rebuild_tensor_v2";
  private static final String PARAMETER = "torch._utils._rebuild_parameter";
  private static final int MAX_DIMENSIONS = 8;
  private static final int MAX_NAME = 1_000;

  /** Says why a pickle is not read. */
  static final class Refused extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    Refused(String why) {
      super(why);
    }
  }

  /**
   * A tensor as a view of a storage.
   *
   * @param info type and shape
   * @param storage key of the storage
   * @param offset of the first value in the storage
   * @param strides distance of neighbours along each dimension, in values
   */
  record View(TensorInfo info, String storage, long offset, List<Long> strides) {
    /** One behind the last value in the storage. */
    long end() {
      if (info.size() == 0) {
        return offset;
      }
      long end = Math.addExact(offset, 1);
      for (int d = 0; d < strides.size(); d++) {
        long steps = info.shape().get(d) - 1;
        end = Math.addExact(end, Math.multiplyExact(steps, strides.get(d)));
      }
      return end;
    }

    /** Whether the values lie in the order of the dimensions, without gaps. */
    boolean isContiguous() {
      long expected = 1;
      for (int d = strides.size() - 1; d >= 0; d--) {
        if (info.shape().get(d) != 1 && strides.get(d) != expected) {
          return false;
        }
        expected *= info.shape().get(d);
      }
      return true;
    }
  }

  /** What stands on the stack besides numbers, texts, flags, lists and nothing. */
  private record Global(String name) {}

  private record Storage(DataType type, String key) {}

  private record Entries(Map<Object, Object> entries) {}

  private record Sequence(List<Object> items) {}

  private enum Single {
    MARK,
    NONE
  }

  private final ByteBuffer code;
  private final Deque<Object> stack = new ArrayDeque<>();
  private final Map<Integer, Object> memo = new HashMap<>();

  private TensorPickle(byte[] pickle) {
    this.code = ByteBuffer.wrap(pickle).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * The tensors of a pickled dictionary, by name.
   *
   * @throws Refused when it holds anything else, or is broken
   */
  static SortedMap<String, View> read(byte[] pickle) {
    try {
      return named(new TensorPickle(pickle).run());
    } catch (java.nio.BufferUnderflowException e) {
      throw new Refused("its pickle ends early");
    } catch (ArithmeticException | ClassCastException | UnsupportedOperationException e) {
      // A number for a text, a value added to a tuple, a length beyond 2 GiB.
      throw new Refused("its pickle is broken");
    }
  }

  private static SortedMap<String, View> named(Object result) {
    if (!(result instanceof Entries dictionary)) {
      throw new Refused("it holds no dictionary of tensors");
    }
    SortedMap<String, View> tensors = new TreeMap<>();
    dictionary
        .entries()
        .forEach(
            (key, value) -> {
              if (!(key instanceof String name)) {
                throw new Refused("it has an entry without a name");
              }
              if (!(value instanceof View view)) {
                throw new Refused("its entry \"" + shortened(name) + "\" is no tensor");
              }
              tensors.put(name, view);
            });
    return tensors;
  }

  private Object run() {
    while (true) {
      int operation = code.get() & 0xff;
      switch (operation) {
        case 0x80 -> { // PROTO
          int protocol = code.get();
          if (protocol < 2 || protocol > 5) {
            throw new Refused("its pickle is of protocol " + protocol);
          }
        }
        case 0x95 -> { // FRAME
          long unused = code.getLong();
        }
        case '.' -> {
          return pop();
        }
        case '(' -> stack.push(Single.MARK);
        case 'N' -> stack.push(Single.NONE);
        case 0x88 -> stack.push(true);
        case 0x89 -> stack.push(false);
        case 'J' -> stack.push((long) code.getInt());
        case 'K' -> stack.push((long) (code.get() & 0xff));
        case 'M' -> stack.push((long) (code.getShort() & 0xffff));
        case 0x8a -> stack.push(longNumber());
        case 'G' -> {
          double unused = code.getDouble();
          stack.push(Single.NONE);
        }
        case 'X' -> stack.push(text(code.getInt()));
        case 0x8c -> stack.push(text(code.get() & 0xff));
        case 0x8d -> stack.push(text(Math.toIntExact(code.getLong())));
        case ']' -> stack.push(new Sequence(new ArrayList<>()));
        case ')' -> stack.push(new Sequence(List.of()));
        case '}' -> stack.push(new Entries(new HashMap<>()));
        case 0x85 -> stack.push(tuple(1));
        case 0x86 -> stack.push(tuple(2));
        case 0x87 -> stack.push(tuple(3));
        case 't' -> stack.push(new Sequence(untilMark()));
        case 'a' -> {
          Object item = pop();
          ((Sequence) peek()).items().add(item);
        }
        case 'e' -> {
          List<Object> items = untilMark();
          ((Sequence) peek()).items().addAll(items);
        }
        case 's' -> {
          Object value = pop();
          put(pop(), value);
        }
        case 'u' -> {
          List<Object> pairs = untilMark();
          if (pairs.size() % 2 != 0) {
            throw new Refused("its pickle has a key without a value");
          }
          for (int i = 0; i < pairs.size(); i += 2) {
            put(pairs.get(i), pairs.get(i + 1));
          }
        }
        case 'q' -> memo.put(code.get() & 0xff, peek());
        case 'r' -> memo.put(code.getInt(), peek());
        case 0x94 -> memo.put(memo.size(), peek());
        case 'h' -> stack.push(recalled(code.get() & 0xff));
        case 'j' -> stack.push(recalled(code.getInt()));
        case 'c' -> stack.push(global(line(), line()));
        case 0x93 -> {
          String name = (String) pop();
          stack.push(global((String) pop(), name));
        }
        case 'Q' -> stack.push(storage((Sequence) pop()));
        case 'R' -> {
          Sequence arguments = (Sequence) pop();
          stack.push(called((Global) pop(), arguments.items()));
        }
        case 'b' -> {
          // The attributes of a dictionary (_metadata): nothing that a tensor depends on.
          Object unused = pop();
          if (!(peek() instanceof Entries)) {
            throw new Refused("its pickle sets attributes of something that is no dictionary");
          }
        }
        default ->
            throw new Refused(
                "its pickle has the operation 0x"
                    + Integer.toHexString(operation)
                    + ", which no dictionary of tensors needs");
      }
    }
  }

  /** A name that is on the list; anything else would be code to run. */
  private static Global global(String module, String name) {
    String full = module + "." + name;
    boolean storage = module.equals("torch") && STORAGES.containsKey(name);
    if (!storage && !List.of(ORDERED, TENSOR, PARAMETER).contains(full)) {
      throw new Refused(
          "it asks for " + shortened(full) + ", which is not among the names that tensors need");
    }
    return new Global(full);
  }

  private static Object called(Global function, List<Object> arguments) {
    return switch (function.name()) {
      case ORDERED -> {
        if (!arguments.isEmpty()) {
          throw new Refused("it makes a dictionary in a way that is not known");
        }
        yield new Entries(new HashMap<>());
      }
      case TENSOR -> tensor(arguments);
      case PARAMETER -> {
        if (arguments.isEmpty() || !(arguments.get(0) instanceof View view)) {
          throw new Refused("it has a parameter that is no tensor");
        }
        yield view;
      }
      default -> throw new Refused("it calls " + function.name());
    };
  }

  /** Storage, offset, shape, strides, and what matters for training only. */
  private static View tensor(List<Object> arguments) {
    if (arguments.size() < 4 || !(arguments.get(0) instanceof Storage storage)) {
      throw new Refused("it has a tensor without a storage");
    }
    long offset = (Long) arguments.get(1);
    List<Long> shape = numbers(arguments.get(2));
    List<Long> strides = numbers(arguments.get(3));
    if (offset < 0
        || shape.size() != strides.size()
        || shape.size() > MAX_DIMENSIONS
        || strides.stream().anyMatch(stride -> stride < 0)) {
      throw new Refused(
          "it has a tensor of shape " + shape + " with strides " + strides + " from " + offset);
    }
    try {
      View view = new View(new TensorInfo(storage.type(), shape), storage.key(), offset, strides);
      long unused = view.end();
      return view;
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new Refused("it has a tensor whose " + BrokenFile.reason(e));
    }
  }

  private static List<Long> numbers(Object sequence) {
    List<Long> numbers = new ArrayList<>();
    for (Object item : ((Sequence) sequence).items()) {
      numbers.add((Long) item);
    }
    return numbers;
  }

  /** ("storage", type, key, device, number of values). */
  private static Storage storage(Sequence id) {
    List<Object> parts = id.items();
    if (parts.size() != 5
        || !"storage".equals(parts.get(0))
        || !(parts.get(1) instanceof Global type)
        || !(parts.get(2) instanceof String key)) {
      throw new Refused("it refers to something that is no storage");
    }
    DataType known = STORAGES.get(type.name().replace("torch.", ""));
    if (known == null || !key.matches("[A-Za-z0-9_-]{1,64}")) {
      throw new Refused("it has a storage of " + type.name() + " called " + shortened(key));
    }
    return new Storage(known, key);
  }

  private void put(Object key, Object value) {
    Entries target = (Entries) peek();
    // Only texts and numbers are keys: a hash of anything else would follow what it refers to.
    if (!(key instanceof String) && !(key instanceof Long)) {
      throw new Refused("its pickle has a key that is no text");
    }
    if (target.entries().put(key, value) != null) {
      throw new Refused("it has two entries called " + shortened(String.valueOf(key)));
    }
  }

  private Object recalled(int index) {
    @Nullable Object value = memo.get(index);
    if (value == null) {
      throw new Refused("its pickle recalls what was never there");
    }
    return value;
  }

  private Object pop() {
    @Nullable Object top = stack.poll();
    if (top == null) {
      throw new Refused("its pickle takes from an empty stack");
    }
    return top;
  }

  private Object peek() {
    @Nullable Object top = stack.peek();
    if (top == null) {
      throw new Refused("its pickle takes from an empty stack");
    }
    return top;
  }

  private Sequence tuple(int size) {
    Object[] items = new Object[size];
    for (int i = size - 1; i >= 0; i--) {
      items[i] = pop();
    }
    return new Sequence(List.of(items));
  }

  private List<Object> untilMark() {
    List<Object> items = new ArrayList<>();
    for (Object item = pop(); item != Single.MARK; item = pop()) {
      items.add(item);
    }
    Collections.reverse(items);
    return items;
  }

  private long longNumber() {
    int length = code.get() & 0xff;
    if (length > Long.BYTES) {
      throw new Refused("its pickle has a number of " + length + " bytes");
    }
    long value = 0;
    for (int i = 0; i < length; i++) {
      long part = i == length - 1 ? code.get() : code.get() & 0xff;
      value |= part << (8 * i);
    }
    return value;
  }

  private String text(int length) {
    if (length < 0 || length > code.remaining()) {
      throw new Refused("its pickle ends early");
    }
    byte[] bytes = new byte[length];
    code.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private String line() {
    int from = code.position();
    while (code.get() != '\n') {
      if (code.position() - from > MAX_NAME) {
        throw new Refused("its pickle has a name of more than " + MAX_NAME + " bytes");
      }
    }
    return new String(
        Arrays.copyOfRange(code.array(), from, code.position() - 1), StandardCharsets.UTF_8);
  }

  private static String shortened(String text) {
    String clean = text.replaceAll("\\p{Cntrl}", "?");
    return clean.length() > 100 ? clean.substring(0, 100) + "..." : clean;
  }
}
