package dev.espalier.tuner.plugin;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Handle;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/**
 * Redirects the calls of {@link System#exit}, {@link Runtime#exit} and {@link Runtime#halt} in a
 * class file to {@link ExitRefused}, method references included.
 *
 * <p>The methods there take what is on the stack, the runtime too, so neither branches nor stack
 * maps change.
 */
final class ExitCalls extends ClassVisitor {
  private static final int API = Opcodes.ASM9;
  private static final String REFUSED = Type.getInternalName(ExitRefused.class);
  private static final String SYSTEM = Type.getInternalName(System.class);
  private static final String RUNTIME = Type.getInternalName(Runtime.class);
  private static final String STATUS = "(I)V";
  private static final String RUNTIME_AND_STATUS = "(L" + RUNTIME + ";I)V";

  private boolean found;

  private ExitCalls(ClassWriter writer) {
    super(API, writer);
  }

  /**
   * The class file with its calls redirected; empty when it has none, or cannot be read, of which
   * the virtual machine will say more.
   */
  static Optional<byte[]> redirected(byte[] classFile) {
    try {
      ClassReader reader = new ClassReader(classFile);
      ClassWriter writer = new ClassWriter(reader, 0);
      ExitCalls calls = new ExitCalls(writer);
      reader.accept(calls, 0);
      return calls.found ? Optional.of(writer.toByteArray()) : Optional.empty();
    } catch (RuntimeException e) {
      // ASM throws whatever a broken file makes it run into.
      return Optional.empty();
    }
  }

  @Override
  public MethodVisitor visitMethod(
      int access,
      String name,
      String descriptor,
      @Nullable String signature,
      String @Nullable [] exceptions) {
    MethodVisitor next = super.visitMethod(access, name, descriptor, signature, exceptions);
    return new MethodVisitor(API, next) {
      @Override
      public void visitMethodInsn(
          int opcode, String owner, String called, String type, boolean ofInterface) {
        if (ends(owner, called, type)) {
          found = true;
          super.visitMethodInsn(Opcodes.INVOKESTATIC, REFUSED, called, refused(owner), false);
        } else {
          super.visitMethodInsn(opcode, owner, called, type, ofInterface);
        }
      }

      @Override
      public void visitInvokeDynamicInsn(
          String called, String type, Handle bootstrap, Object... arguments) {
        Object[] redirected = arguments.clone();
        for (int i = 0; i < redirected.length; i++) {
          redirected[i] = redirect(redirected[i]);
        }
        super.visitInvokeDynamicInsn(called, type, bootstrap, redirected);
      }

      @Override
      public void visitLdcInsn(Object value) {
        super.visitLdcInsn(redirect(value));
      }
    };
  }

  private Object redirect(Object constant) {
    if (constant instanceof Handle handle
        && ends(handle.getOwner(), handle.getName(), handle.getDesc())) {
      found = true;
      return new Handle(
          Opcodes.H_INVOKESTATIC, REFUSED, handle.getName(), refused(handle.getOwner()), false);
    }
    return constant;
  }

  private static boolean ends(String owner, String name, String type) {
    boolean exit = name.equals("exit");
    return type.equals(STATUS)
        && ((owner.equals(SYSTEM) && exit)
            || (owner.equals(RUNTIME) && (exit || name.equals("halt"))));
  }

  private static String refused(String owner) {
    return owner.equals(RUNTIME) ? RUNTIME_AND_STATUS : STATUS;
  }
}
