package io.keylapse.registry.watch;

import io.keylapse.background.LoopRegistry;
import io.keylapse.registry.sql.PostgresLoop;
import io.keylapse.registry.sql.connect.ServerLimits;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Value;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/** Checks Postgres every 5 seconds for problems that an operator must fix: blocking transactions and missing timeouts. */
@Context
public final class PostgresWatch {
    private static final Duration PAUSE = Duration.ofSeconds(5);
    private static final Duration BOUND = Duration.ofSeconds(30);

    private final BlockingTransactions holders;
    private final ServerLimits limits;
    private final boolean enabled;
    private final PostgresLoop rounds;

    /** @param enabled false in a process that only audits */
    PostgresWatch(
            LoopRegistry loops,
            BlockingTransactions holders,
            ServerLimits limits,
            @Value("${keylapse.sync.enabled:true}") boolean enabled) {
        this.enabled = enabled;
        this.holders = holders;
        this.limits = limits;
        this.rounds = new PostgresLoop(loops, "postgres-watch", PAUSE, BOUND, this::look);
    }

    @PostConstruct
    void start() {
        if (enabled) {
            rounds.start();
        }
    }

    @PreDestroy
    void stop() throws InterruptedException {
        rounds.stop();
    }

    private void look() {
        limits.look();
        holders.look();
    }

    /** Problems of a Postgres that answers, each with what to do. */
    public List<String> complaints() {
        return Stream.of(limits.complaint(), holders.complaint())
                .flatMap(complaint -> complaint.stream())
                .toList();
    }
}
