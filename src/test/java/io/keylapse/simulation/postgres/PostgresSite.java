package io.keylapse.simulation.postgres;

import io.keylapse.simulation.postgres.ModelPostgres.Row;
import io.keylapse.simulation.world.Actor;
import io.keylapse.simulation.world.Crash;
import io.keylapse.simulation.world.Host;
import io.keylapse.simulation.world.VirtualClasses;
import io.keylapse.simulation.world.World;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** The simulated Postgres server and the network to it, with their faults. */
public final class PostgresSite {
    private static final Duration MIN_LATENCY = Duration.ofNanos(100_000);
    private static final Duration NORMAL = Duration.ofMillis(4);
    private static final Duration SLOW = Duration.ofMillis(900);
    private static final Duration MAX_STALL = Duration.ofSeconds(1);
    private static final Duration CONNECTION_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration SOCKET_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration IDLE_IN_TRANSACTION = Duration.ofSeconds(2);

    /** The idle transaction timeout that {@code ServerLimits} sets for our connections. */
    private static final Duration SILENT_IN_TRANSACTION = Duration.ofSeconds(5);

    private static final int COPIES = 3;

    /** After a loss of history, Postgres counts as unhealthy for this long, because every connection broke. */
    private static final Duration UNSETTLED = Duration.ofMillis(50);

    /** A transaction and the host that its connection comes from. */
    private static final class Connected {
        private final Transaction transaction;
        private final Host host;
        private long lastStatement;
        private Duration patience = SOCKET_TIMEOUT;
        private boolean begun;

        Connected(Transaction transaction, Host host) {
            this.transaction = transaction;
            this.host = host;
        }
    }

    private final World world = World.here();
    private final ModelPostgres server = new ModelPostgres(world::instant);
    private final ModelStatements statements = new ModelStatements(
            server, VirtualClasses.PAGE, free -> world.await(() -> free.getAsBoolean() ? 0 : World.NEVER));
    private final Map<Actor, Connected> connections = new HashMap<>();
    private final Set<Host> cutOff = new HashSet<>();
    private final Set<Host> vanished = new HashSet<>();
    private int leftOpen;
    private final Deque<ModelPostgres.Backup> copies = new ArrayDeque<>();
    private long lostAt = Long.MIN_VALUE / 2;
    private boolean down;
    private boolean slow;
    private boolean fails;
    private boolean commitsStall;
    private boolean frozen;

    public PostgresSite() {
        copyNowAndThen();
    }

    private void copyNowAndThen() {
        world.after(world.between(Duration.ofMillis(50), Duration.ofSeconds(2)), world.outside(), () -> {
            copies.add(server.backup());
            if (copies.size() > COPIES) {
                copies.remove();
            }
            copyNowAndThen();
        });
    }

    /**
     * From now on, when that host dies, the server is not notified; it ends the host's transactions after its idle
     * timeout.
     */
    public void vanish(Host host) {
        vanished.add(host);
    }

    /** Whether the server has not yet ended the transaction of a vanished host or killed node. */
    public boolean hasTransactionsLeftOpen() {
        return leftOpen > 0;
    }

    /** Restores one of the copies; all connections end. */
    public void lose(ModelPostgres.Loss how) {
        connections.values().forEach(this::rollBack);
        server.open().toList().forEach(Transaction::rollback);
        // A standby has the latest copy; a dump or a copy of the files may be older.
        int which = how == ModelPostgres.Loss.PROMOTED
                ? copies.size() - 1
                : world.random().nextInt(copies.size());
        server.lose(List.copyOf(copies).get(which), how);
        copies.clear();
        copies.add(server.backup());
        lostAt = world.now();
    }

    /** Whether there are copies to restore. */
    public boolean hasCopies() {
        return !copies.isEmpty();
    }

    /** The server itself, for inspection. */
    public ModelPostgres server() {
        return server;
    }

    /** The session of the calling actor. */
    public ModelJdbc.Session session() {
        return new ModelJdbc.Session() {
            @Override
            public boolean isInTransaction() {
                return connections.containsKey(world.moving());
            }

            @Override
            public <T> T inTransaction(Supplier<T> work) {
                return isInTransaction() ? work.get() : PostgresSite.this.inTransaction(work);
            }

            @Override
            public void giveUpAfter(int millis) {
                connections.get(world.moving()).patience = Duration.ofMillis(millis);
            }

            @Override
            public List<Row> run(String method, String sql, Object[] parameters) {
                return PostgresSite.this.run(method, sql, parameters);
            }
        };
    }

    private <T> T inTransaction(Supplier<T> work) {
        Actor actor = world.moving();
        Host host = world.host();
        travel();
        var connected = new Connected(server.begin(), host);
        connections.put(actor, connected);
        try {
            T result = work.get();
            commit(connected);
            return result;
        } catch (Crash killed) {
            // The server is either notified at once or has to notice by itself.
            boolean unnoticed = vanished.contains(host);
            long noticed = unnoticed
                    ? SILENT_IN_TRANSACTION.toNanos()
                    : world.chance(0.7) ? 0 : world.between(Duration.ZERO, Duration.ofSeconds(3));
            // Its rows are locked until then, so what it was about to record is recorded later; see docs/guarantees.md.
            leftOpen++;
            world.after(noticed, world.outside(), () -> {
                leftOpen--;
                rollBack(connected);
            });
            throw killed;
        } finally {
            connections.remove(actor);
            if (!host.isDead()) {
                rollBack(connected);
            }
        }
    }

    private void commit(Connected connected) {
        travel();
        if (commitsStall && world.chance(0.3)) {
            world.sleep(world.between(Duration.ZERO, MAX_STALL));
        }
        failIfEnded(connected);
        if (fails && world.chance(0.05)) {
            rollBack(connected);
            throw unavailable("lost before the commit");
        }
        connected.transaction.commit();
        if (!connected.transaction.changedKeys().isEmpty()) {
            world.trace(() -> "Postgres: commits "
                    + connected.transaction.changedKeys().values().stream()
                            .map(KeyRows::text)
                            .toList());
        }
        if (fails && world.chance(0.05)) {
            throw unavailable("lost after the commit");
        }
        travel();
    }

    private void rollBack(Connected connected) {
        if (!connected.transaction.isEnded()) {
            connected.transaction.rollback();
        }
    }

    private List<Row> run(String method, String sql, Object[] parameters) {
        Connected connected = connections.get(world.moving());
        if (connected.begun) {
            travel();
        }
        connected.begun = true;
        failIfEnded(connected);
        if (world.chance(0.3)) {
            // A delay between the start of the transaction and the statement's read.
            world.sleep(world.between(Duration.ZERO, mostLatency()));
        }
        failIfEnded(connected);
        List<Row> rows = statements.run(method, sql, connected.transaction, parameters);
        failIfEnded(connected);
        world.trace(() -> "Postgres: " + method + " -> " + rows.size());
        connected.lastStatement = world.now();
        if (connected.transaction.leads()) {
            endIfIdle(connected);
        }
        travel();
        return rows;
    }

    private void endIfIdle(Connected connected) {
        long since = connected.lastStatement;
        world.after(IDLE_IN_TRANSACTION.toNanos(), world.outside(), () -> {
            if (connected.lastStatement == since) {
                rollBack(connected);
            }
        });
    }

    private void failIfEnded(Connected connected) {
        if (connected.transaction.isEnded()) {
            throw unavailable("the server closed the connection");
        }
    }

    /** The latency from node to server or back. */
    private void travel() {
        world.sleep(world.between(MIN_LATENCY, mostLatency()));
        awaitThaw();
        if (down || cutOff.contains(world.host())) {
            world.sleep(world.between(Duration.ZERO, Duration.ofMillis(300)));
            throw unavailable("no route");
        }
        if (fails && world.chance(0.02)) {
            throw unavailable("connection reset");
        }
    }

    private void awaitThaw() {
        if (frozen) {
            Connected connected = connections.get(world.moving());
            Duration patience = connected == null ? CONNECTION_TIMEOUT : connected.patience;
            long until = world.now() + patience.toNanos();
            world.await(() -> frozen ? until : 0);
            if (frozen) {
                throw unavailable("no answer within " + patience);
            }
        }
    }

    private Duration mostLatency() {
        return slow && world.chance(0.3) ? SLOW : NORMAL;
    }

    private RuntimeException unavailable(String why) {
        world.trace(() -> "Postgres fails: " + why);
        return new IllegalStateException(new SQLException(why, "08006"));
    }

    /** Cuts a node off from the server, which ends its transactions; or reconnects it. */
    public void cutOff(Host host, boolean cut) {
        if (cut) {
            cutOff.add(host);
            connections.values().stream().filter(each -> each.host.equals(host)).forEach(this::rollBack);
        } else {
            cutOff.remove(host);
        }
    }

    public void down(boolean isDown) {
        down = isDown;
        if (down) {
            connections.values().forEach(this::rollBack);
        }
    }

    public void slow(boolean isSlow) {
        slow = isSlow;
    }

    /** Whether some commits are delayed, so that they commit in another order than their changes were made. */
    public void commitsStall(boolean doStall) {
        commitsStall = doStall;
    }

    /** Whether the server does not respond, while its connections stay open. */
    public void freeze(boolean isFrozen) {
        frozen = isFrozen;
    }

    public void fails(boolean doesFail) {
        fails = doesFail;
    }

    /** Whether that node can reach the server and gets quick responses. */
    public boolean isWellFor(Host host) {
        return world.now() - lostAt > UNSETTLED.toNanos()
                && leftOpen == 0
                && !down
                && !frozen
                && !slow
                && !fails
                && !commitsStall
                && !cutOff.contains(host);
    }
}
