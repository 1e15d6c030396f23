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

/** What befalls one node by way of its writes, its transactions and its calls. */
record NodeFaults(Stage stage, Traffic traffic) {
    /** Some end before Postgres rolls back what holds them, and some after. */
    private static final List<Duration> LIVES =
            List.of(Duration.ofSeconds(3), Duration.ofSeconds(4), Duration.ofSeconds(6), Duration.ofHours(1));

    /** Less than {@code lock_timeout}. */
    private static final Duration UNTIL_LOCKED = Duration.ofMillis(1_500);

    /** Twice what Postgres ends a silent transaction of ours after. */
    private static final Duration UNTIL_ROLLED_BACK = Duration.ofSeconds(10);

    /** A little more than Redis keeps an entry whose deadline was brought forward. */
    private static final Duration UNTIL_FORGOTTEN = Duration.ofSeconds(12);

    private static final Duration A_FEW_ROUNDS = Duration.ofSeconds(1);
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
     * @param at just before
     * @param back completed when it is ready again
     */
    record Vanished(Instant at, CompletableFuture<Void> back) {}

    /**
     * The host of a node vanishes in the middle of revocations: it is killed, and Postgres does not hear of it. It comes back
     * while its transactions are still open. Returns when they are not.
     */
    Vanished vanish(int node, Duration lasting) throws SQLException, InterruptedException {
        int other = (node + 1) % Stage.NODES;
        List<Held> keys = LIVES.stream()
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

    /** The processes of Postgres that wait for a lock of the holder, once there are so many or none more come. */
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
     * What a node writes arrives after another node has changed the same keys: some writes so late that Redis has
     * forgotten the later change, the others while it is still there.
     */
    void deliverLate(int node, TcpProxy toRedis) throws InterruptedException {
        int other = (node + 1) % Stage.NODES;
        toRedis.swallow();
        traffic.overtake(node, other, Traffic.Overtaking.SHORTEN);
        Thread.sleep(UNTIL_FORGOTTEN);
        traffic.overtake(node, other, Traffic.Overtaking.REVOKE);
        // Until the feed has brought the later changes too, so that it does not repair what the earlier ones do.
        Thread.sleep(A_FEW_ROUNDS);
        toRedis.heal();
    }

    /** Management calls that take long want more than there is, while nobody can read what they read. */
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
