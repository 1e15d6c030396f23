package io.keylapse.campaign.stage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

/** What can be done to a process from outside, and a port for it to listen on. */
public final class Processes {
    // Below the ports that Linux gives to clients, so that none has taken it when the process is started again.
    private static final int FIRST_PORT = 20_000;
    private static final int LAST_PORT = 30_000;

    private Processes() {}

    /** Stops a process and its children from running, until {@link #resume}. */
    public static void pause(ProcessHandle process) {
        signal("STOP", process);
    }

    /** Lets them run on. */
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

    /** A port that nobody listens on, and that stays the same when what listens on it is started again. */
    public static int freePort() {
        while (true) {
            int port = ThreadLocalRandom.current().nextInt(FIRST_PORT, LAST_PORT);
            try (var socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (IOException e) {
                // Somebody has it.
            }
        }
    }
}
