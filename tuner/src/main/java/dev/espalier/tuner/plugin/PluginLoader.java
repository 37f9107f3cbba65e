package dev.espalier.tuner.plugin;

import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLClassLoader;
import java.net.URLConnection;
import java.nio.file.Path;
import java.security.CodeSource;
import java.security.cert.Certificate;
import java.util.Optional;

/**
 * Loads a plugin's jar, named after it, with the process's end taken out: {@link Runtime#halt}
 * cannot be noticed from within, so a class that calls it is changed when it is loaded. What a
 * plugin does by reflection, in native code or through a class loader of its own stays as it is.
 */
public final class PluginLoader extends URLClassLoader {
  static {
    registerAsParallelCapable();
  }

  private final URL jar;

  /** A loader of {@code jar} over {@code parent}, which has Espalier's own classes. */
  public PluginLoader(Path jar, ClassLoader parent) throws IOException {
    this(jar.toString(), jar.toUri().toURL(), parent);
  }

  private PluginLoader(String name, URL jar, ClassLoader parent) {
    super(name, new URL[] {jar}, parent);
    this.jar = jar;
  }

  @Override
  protected Class<?> findClass(String name) throws ClassNotFoundException {
    Optional<byte[]> redirected = redirected(name);
    if (redirected.isEmpty()) {
      return super.findClass(name);
    }
    byte[] bytes = redirected.orElseThrow();
    int dot = name.lastIndexOf('.');
    if (dot > 0 && getDefinedPackage(name.substring(0, dot)) == null) {
      definePackageOnce(name.substring(0, dot));
    }
    CodeSource source = new CodeSource(jar, (Certificate[]) null);
    return defineClass(name, bytes, 0, bytes.length, source);
  }

  private Optional<byte[]> redirected(String name) {
    URL file = findResource(name.replace('.', '/') + ".class");
    if (file == null) {
      return Optional.empty();
    }
    try {
      URLConnection connection = file.openConnection();
      if (connection instanceof JarURLConnection) {
        // A cached jar would stay open beside the loader's own.
        connection.setUseCaches(false);
      }
      try (InputStream in = connection.getInputStream()) {
        return ExitCalls.redirected(in.readAllBytes());
      }
    } catch (IOException e) {
      // The loader itself says what is wrong with the jar.
      return Optional.empty();
    }
  }

  private void definePackageOnce(String name) {
    try {
      Package unused = definePackage(name, null, null, null, null, null, null, null);
    } catch (IllegalArgumentException e) {
      // Another thread was faster.
    }
  }
}
