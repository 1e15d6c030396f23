package io.keylapse.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.stream.Stream;

/** Sends signals to processes. */
public final class Signals {
    private Signals() {}

    /** Sends a signal, such as STOP, to all of these processes that still run. */
    public static void send(String name, List<ProcessHandle> processes) {
        var command =
                Stream.concat(Stream.of("kill", "-" + name), processes.stream().map(each -> Long.toString(each.pid())));
        var kill = new ProcessBuilder(command.toList());
        // In Turkish, kill does not know CONT.
        kill.environment().put("LC_ALL", "C");
        try {
            kill.start().waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Sends a signal to one process. */
    public static void send(String name, ProcessHandle process) {
        send(name, List.of(process));
    }
}
