package io.keylapse.security.management;

import io.keylapse.background.LoopRegistry;
import io.keylapse.key.ManagementKeyId;
import io.keylapse.registry.sql.PostgresLoop;
import io.micronaut.context.annotation.Context;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Records when management keys were last used: once a minute, in one statement for all that were used since. A call only adds
 * to a set, so it costs nothing more. Checks by API key have no management key.
 */
@Context
public final class LastUses {
    private static final Duration PAUSE = Duration.ofMinutes(1);
    private static final Duration BOUND = PAUSE.multipliedBy(5);

    private final ManagementKeyRepository table;
    private final PostgresLoop loop;
    /** Bounded by the number of management keys, because only accepted ones are added. */
    private final Set<UUID> used = ConcurrentHashMap.newKeySet();

    LastUses(LoopRegistry loops, ManagementKeyRepository table) {
        this.table = table;
        this.loop = new PostgresLoop(loops, "management-key-uses", PAUSE, BOUND, this::runOnce);
    }

    /** Notes that the key was used just now. */
    public void add(ManagementKeyId key) {
        used.add(key.value());
    }

    @PostConstruct
    void start() {
        loop.start();
    }

    /** Records the uses since the last round. If that fails, they are recorded in the next one. */
    public void runOnce() {
        List<UUID> ids = List.copyOf(used);
        if (!ids.isEmpty()) {
            ids.forEach(used::remove);
            try {
                table.markUsed(ids);
            } catch (RuntimeException e) {
                used.addAll(ids);
                throw e;
            }
        }
    }

    @PreDestroy
    void stop() throws InterruptedException {
        loop.stop();
    }
}
