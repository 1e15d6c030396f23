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

/** Runs the server programs: their environment, session, user and log. */
final class Commands {

    private static final Set<String> KEPT_VARIABLES = Set.of("PATH", "LD_LIBRARY_PATH");
    private static final int BOUND_IN_SECONDS = 120;

    /**
     * A session of its own keeps a server out of reach of a terminal's Ctrl-C, so that requests in flight are still
     * answered. Where there is no {@code setsid} (macOS), the servers get it too and stop by themselves, losing nothing.
     */
    private static final List<String> OWN_SESSION = isOnPath("setsid") ? List.of("setsid") : List.of();

    private Commands() {}

    /** Starts a program that outlives this call, its output appended to the log. */
    static Process start(List<String> command, Path log) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(join(OWN_SESSION, command));
        // PGPORT and its like would change what the servers do, and our own secrets are none of their business.
        builder.environment().keySet().retainAll(KEPT_VARIABLES);
        builder.environment().put("LC_ALL", "C");
        return builder.redirectErrorStream(true)
                .redirectInput(new File("/dev/null"))
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
    }

    /** Runs a program to its end, at most 120 s, and says whether it succeeded. */
    static boolean run(List<String> command, Path log) throws IOException, InterruptedException {
        Process process = start(command, log);
        if (!process.waitFor(BOUND_IN_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            return false;
        }
        return process.exitValue() == 0;
    }

    /** PostgreSQL refuses to run as root; for root, the command runs in a namespace where it has no such rights. */
    static List<String> notAsRoot(List<String> command) {
        if (LinuxUtils.isUnshareAvailable()) {
            return join(List.of("unshare", "-U"), command);
        }
        if (new UnixSystem().getUid() == 0) {
            throw new EmbeddedStoresException("PostgreSQL refuses to run as root, and this system does not allow"
                    + " 'unshare -U', which gets round that; run Keylapse as an ordinary user");
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
