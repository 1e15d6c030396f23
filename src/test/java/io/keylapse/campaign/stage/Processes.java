package io.keylapse.campaign.stage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.stream.Stream;

/** Pauses and resumes processes, and chooses a port for each. */
public final class Processes {
    // Below Linux's ephemeral ports, so that no client has taken the port when the process is started again.

    private Processes() {}

    /** Suspends a process and its children until {@link #resume}. */
    public static void pause(ProcessHandle process) {
        signal("STOP", process);
    }

    /** Resumes a suspended process and its children. */
    public static void resume(ProcessHandle process) {
        signal("CONT", process);
    }

    private static void signal(String name, ProcessHandle process) {
        List<String> family = Stream.concat(Stream.of(process), process.descendants())
                .map(each -> Long.toString(each.pid()))
                .toList();
        try {
            var command = Stream.concat(Stream.of("kill", "-" + name), family.stream());
            new ProcessBuilder(command.toList()).start().waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
