package io.keylapse.app.embedded;

import com.sun.security.auth.module.UnixSystem;
import io.zonky.test.db.postgres.util.LinuxUtils;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Runs the programs of the embedded servers, and sets their environment, session, user and log file. */
final class Commands {

    private static final Set<String> KEPT_VARIABLES = Set.of("PATH", "LD_LIBRARY_PATH");
    private static final int BOUND_IN_SECONDS = 120;

    /**
     * Starts a server in its own session, so that Ctrl-C in a terminal does not reach it and requests in flight are
     * still answered. Without {@code setsid} (macOS), the servers receive the Ctrl-C too and stop by themselves; no
     * data is lost.
     */
    private static final List<String> OWN_SESSION = isOnPath("setsid") ? List.of("setsid") : List.of();

    private Commands() {}

    /** Starts a program in the background and appends its output to the log. */
    static Process start(List<String> command, Path log) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(join(OWN_SESSION, command));
        // Variables such as PGPORT would change what the servers do, and they must not inherit our secrets.
        builder.environment().keySet().retainAll(KEPT_VARIABLES);
        builder.environment().put("LC_ALL", "C");
        return builder.redirectErrorStream(true)
                .redirectInput(new File("/dev/null"))
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
    }

    /** Runs a program to its end and returns whether it succeeded. It is killed after 120 s. */
    static boolean run(List<String> command, Path log) throws IOException, InterruptedException {
        Process process = start(command, log);
        if (!process.waitFor(BOUND_IN_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            return false;
        }
        return process.exitValue() == 0;
    }

    /**
     * Wraps a command of PostgreSQL, which refuses to run as root: it runs in a user namespace without root's rights.
     *
     * @throws EmbeddedStoresException if the user is root and the system does not allow such a namespace
     */
    static List<String> notAsRoot(List<String> command) {
        if (LinuxUtils.isUnshareAvailable()) {
            return join(List.of("unshare", "-U"), command);
        }
        if (new UnixSystem().getUid() == 0) {
            throw new EmbeddedStoresException("PostgreSQL refuses to run as root, and this system does not allow"
                    + " 'unshare -U' as a workaround; run Keylapse as an ordinary user");
        }
        return command;
    }

    private static List<String> join(List<String> head, List<String> tail) {
        return Stream.concat(head.stream(), tail.stream()).toList();
    }

    private static boolean isOnPath(String program) {
        String path = System.getenv("PATH");
        return path != null
                && Stream.of(path.split(File.pathSeparator, -1))
                        .anyMatch(folder -> new File(folder, program).canExecute());
    }
}
