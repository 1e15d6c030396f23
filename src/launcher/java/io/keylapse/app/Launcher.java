package io.keylapse.app;

/**
 * Where both jars begin. It is compiled for Java 8, so that an older Java runs it and can say which one is needed instead of
 * throwing an UnsupportedClassVersionError.
 */
public final class Launcher {
    private static final int REQUIRED = 25;

    private Launcher() {}

    /** Runs the program, or exits with 1 and one line on an older Java. */
    public static void main(String[] arguments) throws ReflectiveOperationException {
        // "1.8" up to Java 8, "9" and so on after it.
        String version = System.getProperty("java.specification.version").replaceFirst("^1\\.", "");
        if (Integer.parseInt(version) < REQUIRED) {
            System.err.println("Keylapse needs Java " + REQUIRED + " or newer; this is Java " + version + ".");
            System.exit(1);
        }
        // By name, for the compiler of Java 8 cannot read it.
        Class.forName("io.keylapse.app.Keylapse")
                .getMethod("main", String[].class)
                .invoke(null, (Object) arguments);
    }
}
