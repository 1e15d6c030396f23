package io.keylapse.app.embedded;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One server process, which can be stopped, killed and started again on the same port with the same data.
 *
 * <p>The caller holds the lock of the data directory, so two JVMs never control the same server.
 */
public abstract sealed class StoreProcess permits PostgresProcess, RedisProcess {

    private static final Logger LOG = LoggerFactory.getLogger(StoreProcess.class);
    private static final Duration START_BOUND = Duration.ofSeconds(60);
    private static final Duration STOP_BOUND = Duration.ofSeconds(20);
    private static final Duration KILL_BOUND = Duration.ofSeconds(5);
    private static final int POLL_MILLIS = 10;

    final Path home;
    final Path log;
    final int port;
    private @Nullable Process process;

    StoreProcess(Path home, Path log, int port) {
        this.home = home;
        this.log = log;
        this.port = port;
    }

    /** The program's file name, also used in messages. */
    abstract String program();

    /** The file in which the server writes its process id, first line. */
    abstract Path pidFile();

    /** An argument that only the server of this data directory has. */
    abstract String ownArgument();

    /** Prepares the data directory, so that the server can start. */
    abstract void prepare() throws IOException, InterruptedException;

    abstract List<String> command();

    abstract boolean answers();

    abstract void askToStop(ProcessHandle server) throws IOException, InterruptedException;

    /** The port on 127.0.0.1, which stays the same for the lifetime of this object. */
    public final int port() {
        return port;
    }

    /**
     * The process id of the running server.
     *
     * @throws IllegalStateException if it was never started or was stopped
     */
    public final synchronized long pid() {
        if (process == null) {
            throw new IllegalStateException(program() + " is not started");
        }
        return process.pid();
    }

    /** Whether the server's process is alive. */
    public final synchronized boolean isRunning() {
        return process != null && process.isAlive();
    }

    /**
     * Starts the server and waits at most 60 s until it responds; does nothing if it is running. A server that an
     * earlier JVM left behind on the same data is stopped first.
     *
     * @throws EmbeddedStoresException if it cannot be started
     */
    public final synchronized void start() {
        if (isRunning()) {
            return;
        }
        try {
            stopOrphan();
            prepare();
            Process started = Commands.start(command(), log);
            process = started;
            awaitAnswer(started);
        } catch (IOException e) {
            throw new EmbeddedStoresException(
                    program() + " cannot be started in " + home + " (" + e + "); fix that and start again", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            stop();
            throw new EmbeddedStoresException("the start of " + program() + " was interrupted; start again", e);
        }
    }

    /** Stops the server cleanly, or by force after 20 s; does nothing if it is not running. */
    public final synchronized void stop() {
        if (process != null && !end(process.toHandle(), STOP_BOUND)) {
            LOG.warn("{} (pid {}) does not end; kill it manually", program(), process.pid());
        }
        process = null;
    }

    /**
     * Kills the server and its child processes immediately, like {@code kill -9}; does nothing if it is not running.
     */
    public final synchronized void kill() {
        if (process != null && !end(process.toHandle(), Duration.ZERO)) {
            LOG.warn("{} (pid {}) does not end; kill it manually", program(), process.pid());
        }
        process = null;
    }

    private void awaitAnswer(Process started) throws InterruptedException {
        long begin = System.nanoTime();
        boolean answered = false;
        while (!answered) {
            if (started.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                throw new EmbeddedStoresException(program() + " ended while starting; the last lines of " + log
                        + " say why (a full disk? a port in use?); fix that and start again");
            }
            if (System.nanoTime() - begin > START_BOUND.toNanos()) {
                stop();
                throw new EmbeddedStoresException(program() + " did not respond within " + START_BOUND.toSeconds()
                        + " s of its start; see the last lines of " + log + " and start again");
            }
            answered = answers();
        }
        LOG.debug("{} (pid {}) answers on port {}", program(), started.pid(), port);
    }

    /** Stops a server that an earlier JVM left behind on this data directory, if there is one. */
    final synchronized void stopOrphan() {
        Optional<ProcessHandle> named = PidFile.process(pidFile());
        if (named.isEmpty()) {
            return;
        }
        ProcessHandle found = named.get();
        if (!PidFile.isServer(found, program(), ownArgument())) {
            // Another process has this pid by now. PostgreSQL would mistake it for a running server and refuse to
            // start.
            FileUtils.deleteQuietly(pidFile().toFile());
        } else if (end(found, STOP_BOUND)) {
            LOG.info("Stopped the {} (pid {}) that an earlier run left behind", program(), found.pid());
        } else {
            throw new EmbeddedStoresException(
                    program() + " (pid " + found.pid() + "), left behind by an earlier run in " + home
                            + ", does not end; kill it with 'kill -9 " + found.pid() + "' and start again");
        }
    }

    private boolean end(ProcessHandle server, Duration patience) {
        List<ProcessHandle> family =
                Stream.concat(server.descendants(), Stream.of(server)).toList();
        try {
            if (patience.isPositive() && server.isAlive()) {
                askToStop(server);
                if (hasEnded(server, patience)) {
                    return true;
                }
                LOG.warn("{} (pid {}) did not stop within {}; killing it", program(), server.pid(), patience);
            }
        } catch (IOException e) {
            LOG.warn("{} (pid {}) cannot be asked to stop; killing it", program(), server.pid(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        family.forEach(ProcessHandle::destroyForcibly);
        return family.stream().allMatch(member -> hasEnded(member, KILL_BOUND));
    }

    private static boolean hasEnded(ProcessHandle server, Duration patience) {
        try {
            server.onExit().get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            return false;
        }
        return !server.isAlive();
    }
}
