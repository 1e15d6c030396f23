package io.keylapse.app.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds the process that a server's pid file names, and distinguishes it from another process that reused the pid. */
final class PidFile {

    private PidFile() {}

    /** The running process whose id is in the first line of the file; empty if there is none. */
    static Optional<ProcessHandle> process(Path file) {
        if (Files.notExists(file)) {
            return Optional.empty();
        }
        try (Stream<String> lines = Files.lines(file)) {
            return lines.findFirst()
                    .map(String::strip)
                    .filter(line -> line.matches("[0-9]{1,18}"))
                    .flatMap(line -> ProcessHandle.of(Long.parseLong(line)))
                    .filter(ProcessHandle::isAlive);
        } catch (IOException e) {
            throw new EmbeddedStoresException(
                    file + " cannot be read (" + e + "); make it readable for user " + System.getProperty("user.name"));
        }
    }

    /** Whether the process runs that program and has that argument, which names the server's data directory. */
    static boolean isServer(ProcessHandle process, String program, String argument) {
        ProcessHandle.Info info = process.info();
        return info.command()
                        .map(Path::of)
                        .filter(path -> path.endsWith(program))
                        .isPresent()
                && Arrays.asList(info.arguments().orElse(new String[0])).contains(argument);
    }
}
