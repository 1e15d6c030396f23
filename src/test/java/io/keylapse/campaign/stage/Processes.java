package io.keylapse.campaign.stage;

import io.keylapse.harness.Signals;
import java.util.stream.Stream;

/** Pauses and resumes processes. */
public final class Processes {
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
        Signals.send(
                name, Stream.concat(Stream.of(process), process.descendants()).toList());
    }
}
