package io.keylapse.app.embedded;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;

/**
 * An embedded PostgreSQL and Redis, which listen on 127.0.0.1 only, on ports chosen at each start, with a generated
 * password. Their data is kept in the data directory, even if this JVM or the servers are killed.
 *
 * <p>Close it after everything that uses the stores. It registers no shutdown hook for a data directory, because hooks
 * run in no defined order: the application's own hook must close it.
 */
public final class EmbeddedStores implements AutoCloseable {

    private final DataDirectory directory;
    private final PostgresProcess postgres;
    private final RedisProcess redis;
    private final Runnable afterClose;
    private boolean closed;

    private EmbeddedStores(DataDirectory directory, Programs programs, boolean durable, Runnable afterClose)
            throws IOException {
        this.directory = directory;
        this.afterClose = afterClose;
        Path logs = directory.logs();
        postgres = new PostgresProcess(
                directory.postgres(),
                logs.resolve("postgres.log"),
                programs::postgres,
                directory.passwordFile(),
                durable);
        redis = new RedisProcess(
                directory.redis(), logs.resolve("redis.log"), programs::redisServer, postgres.password(), durable);
    }

    /** Whether this build contains the server programs. The production jar does not. */
    public static boolean areIncluded() {
        return EmbeddedStores.class.getResource("/redis/embedded/RedisExecProvider.class") != null;
    }

    /**
     * Starts both servers on the data in the directory, which is created if necessary, and returns when both respond.
     *
     * @throws EmbeddedStoresException if that fails, with a message for a person; no server is left running
     */
    public static EmbeddedStores start(Path dataDirectory) {
        return start(open(dataDirectory));
    }

    /**
     * Opens and locks the directory, which is created if necessary, and chooses ports and password. Starts nothing yet.
     *
     * @throws EmbeddedStoresException if that fails, with a message for a person
     */
    public static EmbeddedStores open(Path dataDirectory) {
        DataDirectory directory = DataDirectory.open(dataDirectory);
        return prepare(directory, new Programs(directory.programs()), true, () -> {});
    }

    /**
     * Starts both servers, runs the work meanwhile, and returns its result when both respond. {@link #close()} stops
     * them, also if this method throws.
     *
     * @throws CompletionException caused by an {@link EmbeddedStoresException}, if they cannot be started
     */
    public <T> T startDuring(Supplier<T> work) {
        // Not in the common pool: with two processors it has one thread, and ProcessHandle.onExit() needs that one.
        CompletableFuture<Void> servers = CompletableFuture.runAsync(this::startServers, Thread::startVirtualThread);
        try {
            return work.get();
        } finally {
            servers.join();
        }
    }

    /** Starts both servers of prepared stores; closes them if that fails. */
    static EmbeddedStores start(EmbeddedStores stores) {
        try {
            stores.startServers();
            return stores;
        } catch (EmbeddedStoresException e) {
            stores.close();
            throw e;
        }
    }

    private void startServers() {
        inParallel(postgres::start, redis::start);
    }

    /**
     * Chooses ports and password, and starts nothing yet.
     *
     * @param durable whether the servers flush their data to disk
     * @param afterClose runs after both servers have stopped
     */
    static EmbeddedStores prepare(DataDirectory directory, Programs programs, boolean durable, Runnable afterClose) {
        try {
            return new EmbeddedStores(directory, programs, durable, afterClose);
        } catch (IOException e) {
            directory.close();
            throw new EmbeddedStoresException(
                    directory.passwordFile() + " cannot be read or created (" + e + "); make it readable for user "
                            + System.getProperty("user.name"),
                    e);
        } catch (EmbeddedStoresException e) {
            directory.close();
            throw e;
        }
    }

    /**
     * Runs the tasks in parallel and waits for all of them, even if one fails, so that the caller knows what to stop.
     */
    static void inParallel(Runnable... tasks) {
        List<? extends Future<?>> results;
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            results = List.of(tasks).stream().map(threads::submit).toList();
        }
        for (Future<?> result : results) {
            if (result.state() == Future.State.FAILED) {
                throw result.exceptionNow() instanceof EmbeddedStoresException known
                        ? known
                        : new EmbeddedStoresException("the stores cannot be started", result.exceptionNow());
            }
        }
    }

    /** The JDBC URL, without user and password. */
    public String postgresUrl() {
        return postgres.url();
    }

    /** The name of the superuser. */
    public String postgresUser() {
        return PostgresProcess.USER;
    }

    /** The superuser's password, which must not be logged. */
    public String postgresPassword() {
        return postgres.password();
    }

    /** The URI with the password in it, which must not be logged. */
    public String redisUri() {
        return redis.uri();
    }

    /** The PostgreSQL server, for tests that stop or kill it. */
    public PostgresProcess postgres() {
        return postgres;
    }

    /** The Redis server, for tests that stop or kill it. */
    public RedisProcess redis() {
        return redis;
    }

    /** Stops both servers cleanly, or by force after 20 s. Does nothing if they are already stopped. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            inParallel(postgres::stop, redis::stop);
        } finally {
            directory.close();
            afterClose.run();
        }
    }
}
