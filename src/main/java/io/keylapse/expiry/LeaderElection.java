package io.keylapse.expiry;

import io.keylapse.active.RedisEvents;
import io.keylapse.background.LoopRegistry;
import io.keylapse.registry.sql.PostgresLoop;
import io.micronaut.context.annotation.Context;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Leader election for the expiry recorder. All nodes receive the expired events; only the leader prompts Redis and records,
 * so that batches stay as large as with a single node and Postgres does nothing twice.
 *
 * <p>Nodes that receive events from every primary report to table {@code node} once a second. The leader is the one of them
 * that has done so for longest. If there is none, every node is a leader. When the leader fails, the sweeps of the others
 * record until the next node leads, after at most 4 seconds. Two nodes may both lead for a second; the recording statement
 * allows that.
 */
@Context
final class LeaderElection {
    private static final Logger LOG = LoggerFactory.getLogger(LeaderElection.class);

    private static final Duration BOUND = Duration.ofSeconds(10);

    private final UUID self = UUID.randomUUID();
    private final NodeTable nodes;
    private final RedisEvents events;
    private final PostgresLoop heartbeat;
    private final ExpirySettings settings;
    private volatile boolean leading;

    LeaderElection(LoopRegistry loops, NodeTable nodes, RedisEvents events, ExpirySettings settings) {
        this.nodes = nodes;
        this.events = events;
        this.settings = settings;
        this.leading = isNeeded(settings);
        this.heartbeat = new PostgresLoop(loops, "node-heartbeat", Duration.ofSeconds(1), BOUND, this::elect);
    }

    /** A node that prompts without listening leads only when no node receives events. */
    @PostConstruct
    void start() {
        if (isNeeded(settings)) {
            heartbeat.start();
        }
    }

    private static boolean isNeeded(ExpirySettings settings) {
        return settings.listener() || settings.prompter();
    }

    private void elect() {
        try {
            List<UUID> receiving = events.areHeard() ? nodes.greet(self) : nodes.present();
            leading = receiving.isEmpty() || receiving.getFirst().equals(self);
        } catch (RuntimeException | Error e) {
            // Lead rather than wait for a node that may be gone. Without Postgres nothing is recorded anyway.
            leading = true;
            throw e;
        }
    }

    /** Whether this node is the leader. */
    boolean isOurs() {
        return leading;
    }

    @PreDestroy
    void stop() throws InterruptedException {
        heartbeat.stop();
        try {
            nodes.leave(self);
        } catch (RuntimeException e) {
            LOG.debug("this node could not be removed from the table of nodes: {}", e.toString());
        }
    }
}
