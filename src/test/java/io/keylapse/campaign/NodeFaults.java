package io.keylapse.campaign;

import io.keylapse.campaign.KeyRing.Held;
import io.keylapse.campaign.log.Fault.Store;
import io.keylapse.campaign.stage.ServiceProcess;
import io.keylapse.campaign.stage.Stage;
import io.keylapse.harness.TcpProxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;

/** Faults of one node's writes, transactions and calls. */
record NodeFaults(Stage stage, Traffic traffic) {
    /**
     * Lifetimes of the locked keys: some end before Postgres rolls back the transactions that lock them, and some
     * after.
     */
    private static final List<Duration> LIFETIMES =
            List.of(Duration.ofSeconds(3), Duration.ofSeconds(4), Duration.ofSeconds(6), Duration.ofHours(1));

    /** Less than {@code lock_timeout}. */
    private static final Duration UNTIL_LOCKED = Duration.ofMillis(1_500);

    /** Twice the time after which Postgres ends our idle transactions. */
    private static final Duration UNTIL_ROLLED_BACK = Duration.ofSeconds(10);

    /** A little longer than Redis keeps an entry whose deadline was moved forward in time. */
    private static final Duration UNTIL_FORGOTTEN = Duration.ofSeconds(12);

    private static final Duration SEVERAL_FEED_ROUNDS = Duration.ofSeconds(1);
    private static final String LOCK =
            "SELECT FROM api_key WHERE encode(substring(digest FROM 1 FOR 16), 'hex') = ANY (?) FOR UPDATE";
    private static final String WAITING =
            "SELECT coalesce(array_agg(pid), '{}') FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))";
    private static final String LEFT_OPEN =
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND pid = ANY (?)";

    private static final int MANAGEMENT_CONNECTIONS = 8;

    /**
     * A node whose host vanished.
     *
     * @param at just before it vanished
     * @param back completed when the node is ready again
     */
    record Vanished(Instant at, CompletableFuture<Void> back) {}

    /**
     * Lets the host of a node vanish in the middle of revocations: the node is killed, and Postgres is not notified.
     * The node is started again while its transactions are still open. Returns when Postgres has rolled them back.
     */
    Vanished vanish(int node, Duration lasting) throws SQLException, InterruptedException {
        int other = (node + 1) % Stage.NODES;
        List<Held> keys = LIFETIMES.stream()
                .map(life -> traffic.issue(other, life))
                .filter(Objects::nonNull)
                .toList();
        ServiceProcess service = stage.service(node);
        Instant at;
        Runnable end;
        Object[] backends;
        try (var holder = stage.postgres()) {
            holder.setAutoCommit(false);
            lock(holder, keys);
            keys.forEach(held -> traffic.revoke(node, held));
            backends = awaitWaiting(holder, keys.size());
            at = Instant.now();
            end = stage.wire(node, Store.POSTGRES).abandon();
            service.kill();
            holder.rollback();
        }
        Thread.sleep(lasting);
        long open = leftOpen(backends);
        CompletableFuture<Void> back = CompletableFuture.runAsync(service::start, Thread::startVirtualThread);
        Awaitility.await("Postgres rolls back what a vanished host left open")
                .atMost(UNTIL_ROLLED_BACK)
                .until(() -> leftOpen(backends) == 0);
        System.out.printf(
                "node %d vanished and left %d of %d transactions open, which Postgres ended after %d ms%n",
                node, open, keys.size(), Duration.between(at, Instant.now()).toMillis());
        end.run();
        return new Vanished(at, back);
    }

    private static void lock(Connection holder, List<Held> keys) throws SQLException {
        try (var statement = holder.prepareStatement(LOCK)) {
            Object[] names = keys.stream().map(held -> held.key().name()).toArray();
            statement.setArray(1, holder.createArrayOf("text", names));
            statement.execute();
        }
    }

    /**
     * Waits until that many backends of Postgres wait for a lock of the holder, at most 1.5 s, and returns their
     * process ids.
     */
    private static Object[] awaitWaiting(Connection holder, int expected) throws SQLException, InterruptedException {
        long begin = System.nanoTime();
        Object[] waiting;
        do {
            Thread.sleep(20);
            try (var statement = holder.createStatement();
                    var row = statement.executeQuery(WAITING)) {
                row.next();
                waiting = (Object[]) row.getArray(1).getArray();
            }
        } while (waiting.length < expected && System.nanoTime() - begin < UNTIL_LOCKED.toNanos());
        return waiting;
    }

    private long leftOpen(Object[] backends) throws SQLException {
        try (var connection = stage.postgres();
                var statement = connection.prepareStatement(LEFT_OPEN)) {
            statement.setArray(1, connection.createArrayOf("int4", backends));
            try (var row = statement.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    /**
     * Delivers a node's writes to Redis after another node has changed the same keys: some when Redis has already
     * forgotten the later change, and the others while it still has it.
     */
    void deliverLate(int node, TcpProxy toRedis) throws InterruptedException {
        int other = (node + 1) % Stage.NODES;
        toRedis.swallow();
        traffic.overtake(node, other, Traffic.Overtaking.SHORTEN);
        Thread.sleep(UNTIL_FORGOTTEN);
        traffic.overtake(node, other, Traffic.Overtaking.REVOKE);
        // Wait until the feed has written the later changes too, so that it cannot repair the damage of the late
        // writes.
        Thread.sleep(SEVERAL_FEED_ROUNDS);
        toRedis.heal();
    }

    /** Locks two tables, so that management calls block: more of them than the node has connections for. */
    void hogManagement(int node, Duration lasting) throws SQLException, InterruptedException {
        try (var holder = stage.postgres();
                var statement = holder.createStatement()) {
            holder.setAutoCommit(false);
            statement.execute("LOCK TABLE notice, management_key IN ACCESS EXCLUSIVE MODE");
            try (var _ = new Hog(stage.service(node).port())) {
                int waiting = awaitWaiting(holder, MANAGEMENT_CONNECTIONS).length;
                Thread.sleep(lasting);
                System.out.printf("%d statements wait for a table%n", waiting);
            }
        }
    }
}
