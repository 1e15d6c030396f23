package io.keylapse;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Checks scripts that no build compiles, where a mistake would only show when they are run. If {@code
 * REQUIRE_ALL_TESTS} is set, a missing Python is a failure.
 */
class ScriptsTest {
    private static final String PARSE = "import ast, sys; ast.parse(open(sys.argv[1], encoding='utf-8').read())";

    @BeforeAll
    static void needsPython() throws IOException, InterruptedException {
        if (System.getenv("REQUIRE_ALL_TESTS") == null) {
            assumeThat(outputOf("sh", "-c", "command -v python3")).as("python3").isNotEmpty();
        }
    }

    static List<Path> scripts() throws IOException {
        var found = new ArrayList<Path>();
        for (String folder : List.of("benchmarks", "scripts", ".ci")) {
            try (Stream<Path> files = Files.walk(Path.of(folder))) {
                files.filter(Files::isRegularFile)
                        .filter(file -> !interpreter(file).isEmpty())
                        .forEach(found::add);
            }
        }
        return found;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("scripts")
    void a_script_can_be_read_by_its_interpreter(Path script) throws IOException, InterruptedException {
        String name = script.toString();
        assertThat(
                        switch (interpreter(script)) {
                            case "python3" -> outputOf("python3", "-c", PARSE, name);
                            case String shell -> outputOf(shell, "-n", name);
                        })
                .isEmpty();
    }

    @Test
    void every_guard_that_the_mutants_remove_is_where_they_look_for_it() throws IOException, InterruptedException {
        assertThat(outputOf("python3", "scripts/mutants.py", "--check")).isEmpty();
    }

    /** The interpreter of a script; empty if the file is not a script. */
    private static String interpreter(Path file) {
        if (file.toString().endsWith(".py")) {
            return "python3";
        }
        try (Stream<String> lines = Files.lines(file, ISO_8859_1)) {
            return lines.findFirst()
                    .filter(line -> line.startsWith("#!"))
                    .map(line -> line.substring(line.lastIndexOf(line.contains(" ") ? ' ' : '/') + 1))
                    .orElse("");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String outputOf(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        process.waitFor();
        return output;
    }
}
