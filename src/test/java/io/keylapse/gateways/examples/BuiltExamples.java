package io.keylapse.gateways.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;

/** One running program for each example that can be built here. */
final class BuiltExamples {
    private static final Path FOLDER = Path.of("target/examples").toAbsolutePath();
    private static final Pattern INSTALL = Pattern.compile("(?m)^mvn (install:install-file .*)$");

    private final Map<Example, RunningExample> running = new EnumMap<>(Example.class);

    /** Builds and starts them, with nodes that are in front of the one on that port. */
    static BuiltExamples start(int nodePort) throws IOException {
        var started = new BuiltExamples();
        List<Example> installed =
                Stream.of(Example.values()).filter(Example::isInstalled).toList();
        if (installed.contains(Example.SPRING_BOOT)) {
            installClient();
        }
        for (Example each : installed) {
            Path folder = FOLDER.resolve(each.toString());
            // Nothing of an earlier run, such as an earlier client in the jar.
            FileUtils.deleteDirectory(folder.toFile());
            FileUtils.copyDirectory(Path.of("examples", each.toString()).toFile(), folder.toFile());
            each.build(folder);
        }
        for (Example each : installed) {
            started.running.put(each, RunningExample.start(each, FOLDER.resolve(each.toString()), nodePort));
        }
        return started;
    }

    /** With the command that the documentation gives. */
    private static void installClient() throws IOException {
        var command = INSTALL.matcher(Files.readString(Path.of("docs/client.md")));
        assertThat(command.find()).isTrue();
        Example.maven(Path.of(""), command.group(1).split(" ", -1));
    }

    /** Skips the test if what the example needs is not installed. */
    RunningExample of(Example example) {
        example.assumeInstalled();
        return Objects.requireNonNull(running.get(example)).reset();
    }
}
