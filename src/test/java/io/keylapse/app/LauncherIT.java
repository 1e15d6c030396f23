package io.keylapse.app;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LauncherIT {
    /** Of class files of Java 8; each version since has one more. */
    private static final int MAJOR_OF_JAVA_8 = 52;

    @TempDir
    Path folder;

    static Stream<Path> jars() {
        return Stream.of(Program.jar(), Program.serverJar());
    }

    @ParameterizedTest
    @MethodSource("jars")
    void the_first_class_of_a_jar_runs_on_java_8_already(Path jar) throws IOException {
        try (var file = new JarFile(jar.toFile())) {
            String first = file.getManifest().getMainAttributes().getValue(Attributes.Name.MAIN_CLASS);
            assertThat(majorOf(file, first)).isEqualTo(MAJOR_OF_JAVA_8);
        }
    }

    @ParameterizedTest
    @MethodSource("jars")
    void an_older_java_ends_with_one_line_that_names_the_required_version(Path jar) throws Exception {
        Path java = olderJava();
        assumeThat(java).as("a Java older than this one").isNotNull();
        Path errors = folder.resolve("errors");
        Process process = new ProcessBuilder(String.valueOf(java), "-jar", jar.toString())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(errors.toFile())
                .start();

        assertThat(process.waitFor(60, SECONDS)).isTrue();

        assertThat(process.exitValue()).isEqualTo(1);
        assertThat(Files.readAllLines(errors))
                .singleElement()
                .asString()
                .matches("Keylapse needs Java " + needed() + " or newer; this is Java \\d+\\.");
    }

    /** What the program itself was compiled for. */
    private static int needed() throws IOException {
        try (var file = new JarFile(Program.jar().toFile())) {
            return majorOf(file, Keylapse.class.getName()) - MAJOR_OF_JAVA_8 + 8;
        }
    }

    private static int majorOf(JarFile jar, String className) throws IOException {
        ZipEntry entry = jar.getEntry(className.replace('.', '/') + ".class");
        try (var in = new DataInputStream(jar.getInputStream(entry))) {
            in.readInt();
            in.readUnsignedShort();
            return in.readUnsignedShort();
        }
    }

    /** One beside that of the tests, where systems keep them. */
    private static @Nullable Path olderJava() throws IOException {
        Path home = Path.of(System.getProperty("java.home")).toRealPath();
        try (Stream<Path> others = Files.list(home.resolveSibling("."))) {
            return others.filter(other -> isOlder(other.resolve("release")))
                    .map(other -> other.resolve("bin/java"))
                    .filter(Files::isExecutable)
                    .findFirst()
                    .orElse(null);
        }
    }

    private static boolean isOlder(Path release) {
        try (Stream<String> lines = Files.lines(release)) {
            return lines.anyMatch(line -> line.matches("JAVA_VERSION=\"(1\\.8|8|9|1\\d|2[0-4])\\b.*"));
        } catch (IOException _) {
            return false;
        }
    }
}
