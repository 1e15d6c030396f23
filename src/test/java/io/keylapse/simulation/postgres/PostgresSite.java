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

/** Postgres and all that may befall it and its network. */
public final class PostgresSite {
    private static final Duration LEAST = Duration.ofNanos(100_000);
    private static final Duration NORMAL = Duration.ofMillis(4);
    private static final Duration SLOW = Duration.ofMillis(900);
    private static final Duration MAX_STALL = Duration.ofSeconds(1);
    private static final Duration CONNECTION_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration SOCKET_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration IDLE_IN_TRANSACTION = Duration.ofSeconds(2);

    /** What {@code ServerLimits} sets for connections of ours. */
    private static final Duration SILENT_IN_TRANSACTION = Duration.ofSeconds(5);

    private static final int COPIES = 3;

    /** For so long after it went back it is not well: every connection broke. */
    private static final Duration UNSETTLED = Duration.ofMillis(50);

    /** A transaction and the connection that it came by. */
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

    /** When that host dies now, nothing tells the server; it ends by itself what is silent for too long. */
    public void vanish(Host host) {
        vanished.add(host);
    }

    /** Whether a host that vanished left a transaction open that the server has not ended yet. */
    public boolean hasTransactionsLeftOpen() {
        return leftOpen > 0;
    }

    /** It goes back to one of its copies; every connection ends. */
    public void lose(ModelPostgres.Loss how) {
        connections.values().forEach(this::rollBack);
        server.open().toList().forEach(Transaction::rollback);
        // A standby has most, a dump or a copy of the files may be older.
        int which = how == ModelPostgres.Loss.PROMOTED
                ? copies.size() - 1
                : world.random().nextInt(copies.size());
        server.lose(List.copyOf(copies).get(which), how);
        copies.clear();
        copies.add(server.backup());
        lostAt = world.now();
    }

    /** Whether it has copies to go back to. */
    public boolean hasCopies() {
        return !copies.isEmpty();
    }

    /** The server itself, to look into. */
    public ModelPostgres server() {
        return server;
    }

    /** How the calling actor speaks to it. */
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
            // The server hears of it at once, or has to find out.
            boolean unnoticed = vanished.contains(host);
            long noticed = unnoticed
                    ? SILENT_IN_TRANSACTION.toNanos()
                    : world.chance(0.7) ? 0 : world.between(Duration.ZERO, Duration.ofSeconds(3));
            leftOpen += unnoticed ? 1 : 0;
            world.after(noticed, world.outside(), () -> {
                leftOpen -= unnoticed ? 1 : 0;
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
            // Between the start of the transaction and its look at the data.
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

    /** One way between a node and the server. */
    private void travel() {
        world.sleep(world.between(LEAST, mostLatency()));
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

    /** Cuts a node off, or connects it again; its transactions end. */
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

    /** Whether commits take long now and then, so that they come in another order than their changes. */
    public void commitsStall(boolean doStall) {
        commitsStall = doStall;
    }

    /** Whether it is silent, while its connections seem well. */
    public void freeze(boolean isFrozen) {
        frozen = isFrozen;
    }

    public void fails(boolean doesFail) {
        fails = doesFail;
    }

    /** Whether that node can reach it, and is answered soon. */
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
