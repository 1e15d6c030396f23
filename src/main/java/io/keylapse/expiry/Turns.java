package io.keylapse.expiry;

import io.keylapse.key.KeyName;
import io.keylapse.registry.NodeTable;
import io.keylapse.registry.sql.Postgres;
import io.micronaut.context.annotation.Context;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whose turn it is to record an expiry that every node has heard of. Each key has one node that goes first; the others
 * look a moment later whether it did. Two nodes that disagree for a second about who is running record at the same time,
 * which the recording statement bears.
 */
@Context
final class Turns {
    private static final Logger LOG = LoggerFactory.getLogger(Turns.class);

    private final UUID self = UUID.randomUUID();
    private final NodeTable nodes;
    private final ScheduledExecutorService heartbeat = Executors.newSingleThreadScheduledExecutor(
            Thread.ofVirtual().name("node-heartbeat").factory());
    private volatile List<UUID> running = List.of(self);

    Turns(NodeTable nodes) {
        this.nodes = nodes;
    }

    @PostConstruct
    void start() {
        var _ = heartbeat.scheduleWithFixedDelay(() -> Postgres.asOwnWork(this::meet), 0, 1, TimeUnit.SECONDS);
    }

    private void meet() {
        try {
            List<UUID> met = nodes.meet(self);
            running = met.contains(self) ? met : List.of(self);
        } catch (RuntimeException e) {
            // Without Postgres nothing is recorded anyway; with it, nobody waits for nodes that may be gone.
            running = List.of(self);
            LOG.debug("the other nodes are not known: {}", e.toString());
        }
    }

    /** Whether this node goes first for that key. */
    boolean isOurs(KeyName name) {
        List<UUID> present = running;
        int turn = Math.floorMod(ByteBuffer.wrap(name.bytes()).getInt(), present.size());
        return present.get(turn).equals(self);
    }

    @PreDestroy
    void stop() throws InterruptedException {
        heartbeat.shutdown();
        var _ = heartbeat.awaitTermination(2, TimeUnit.SECONDS);
        try {
            nodes.leave(self);
        } catch (RuntimeException e) {
            LOG.debug("left without saying so: {}", e.toString());
        }
    }
}
