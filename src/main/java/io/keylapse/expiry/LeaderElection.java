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
 * Whose turn it is to record what every node hears: one node's at a time, so that the batches stay as large as they were
 * with a single node and Postgres does nothing twice. Should that node fail, the sweep of any other records in good time
 * until the turn passes on. Two nodes that disagree for a second about who is running record at the same time, which the
 * recording statement bears. A node that Redis does not reach leaves the turn to those that hear; where none does, whoever
 * hears anything records it.
 */
@Context
final class LeaderElection {
    private static final Logger LOG = LoggerFactory.getLogger(LeaderElection.class);

    private static final Duration BOUND = Duration.ofSeconds(10);

    private final UUID self = UUID.randomUUID();
    private final NodeTable nodes;
    private final RedisEvents signals;
    private final PostgresLoop heartbeat;
    private final ExpirySettings settings;
    private volatile boolean ours;

    LeaderElection(LoopRegistry loops, NodeTable nodes, RedisEvents signals, ExpirySettings settings) {
        this.nodes = nodes;
        this.signals = signals;
        this.settings = settings;
        this.ours = isNeeded(settings);
        this.heartbeat = new PostgresLoop(loops, "node-heartbeat", Duration.ofMillis(500), BOUND, this::meet);
    }

    /** A node that prompts without listening has its turn only when no node hears anything. */
    @PostConstruct
    void start() {
        if (isNeeded(settings)) {
            heartbeat.start();
        }
    }

    private static boolean isNeeded(ExpirySettings settings) {
        return settings.listener() || settings.prompter();
    }

    private void meet() {
        try {
            if (signals.areHeard()) {
                nodes.greet(self);
            }
            List<UUID> hearing = nodes.present();
            ours = hearing.isEmpty() || hearing.getFirst().equals(self);
        } catch (RuntimeException | Error e) {
            // Without Postgres nothing is recorded anyway; with it, nobody waits for nodes that may be gone.
            ours = true;
            throw e;
        }
    }

    /** Whether it is this node's turn: that of the one which was the first to hear. */
    boolean isOurs() {
        return ours;
    }

    @PreDestroy
    void stop() throws InterruptedException {
        heartbeat.stop();
        try {
            nodes.leave(self);
        } catch (RuntimeException e) {
            LOG.debug("left without saying so: {}", e.toString());
        }
    }
}
