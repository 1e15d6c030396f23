package io.keylapse.sync;

import io.keylapse.active.ActiveKeys;
import io.keylapse.active.WriteDeadline;
import io.keylapse.active.redis.Primary;
import io.keylapse.active.redis.RedisConnection;
import io.keylapse.active.trust.Mark;
import io.keylapse.active.trust.Marks;
import io.keylapse.active.trust.Marks.Reading;
import io.keylapse.active.trust.RedisTrust;
import io.keylapse.background.BackgroundLoops;
import io.keylapse.projection.Projection;
import io.keylapse.registry.ChangeLog;
import io.keylapse.registry.ChangeLog.ChangedKey;
import io.keylapse.registry.sql.Postgres;
import io.keylapse.registry.sql.Rounds;
import io.micronaut.context.annotation.Context;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes each primary follow Postgres: applies what has changed behind its mark, then moves the mark. Most of it is there
 * already, because whoever makes a change writes it at once; then the script refuses it as nothing new.
 *
 * <p>The mark is where Redis keeps how far it is, so when Redis falls back the mark falls back with it, and the work is
 * done again from there. Every node reads the marks; one at a time moves them.
 */
@Context
final class RedisFollower {
    private static final Logger LOG = LoggerFactory.getLogger(RedisFollower.class);

    /** A round carries as many changes as there are. */
    private static final Duration BOUND = Duration.ofMinutes(1);

    private final RedisConnection redis;
    private final ActiveKeys active;
    private final Marks marks;
    private final RedisTrust trust;
    private final ChangeFeed feed;
    private final ChangeLog log;
    private final Postgres postgres;
    private final Resync resync;
    private final SyncSettings settings;
    private final Rounds rounds;

    RedisFollower(
            BackgroundLoops loops,
            RedisConnection redis,
            ActiveKeys active,
            Marks marks,
            RedisTrust trust,
            ChangeFeed feed,
            ChangeLog log,
            Postgres postgres,
            Resync resync,
            SyncSettings settings) {
        this.redis = redis;
        this.active = active;
        this.marks = marks;
        this.trust = trust;
        this.feed = feed;
        this.log = log;
        this.postgres = postgres;
        this.resync = resync;
        this.settings = settings;
        this.rounds = new Rounds(loops, "redis-follower", settings.interval(), BOUND, this::runOnce);
    }

    @PostConstruct
    void start() {
        if (settings.enabled()) {
            rounds.start();
        }
    }

    @PreDestroy
    void stop() throws InterruptedException {
        resync.stop();
        rounds.stop();
    }

    /** Looks at every mark, and brings those primaries up to date that lag behind. */
    void runOnce() {
        List<CompletableFuture<Reading>> looks = redis.primaries().stream()
                .map(trust::look)
                .map(CompletionStage::toCompletableFuture)
                .toList();
        for (CompletableFuture<Reading> look : looks) {
            try {
                follow(look.join());
            } catch (CompletionException redisDidNotAnswer) {
                // Somebody else says so in the log; the next round tries again.
                LOG.debug("Redis does not follow: {}", redisDidNotAnswer.toString());
            }
        }
    }

    private void follow(Reading seen) {
        if (seen.mark().equals(Optional.of(new Mark.At(feed.seenAll())))) {
            return;
        }
        Reading now = seen;
        while (true) {
            Reading from = now;
            boolean more = postgres.inTransaction(() -> log.tryLead() && step(from));
            if (!more) {
                return;
            }
            now = trust.look(seen.primary()).toCompletableFuture().join();
        }
    }

    /** Returns whether there is more to do at once. */
    private boolean step(Reading seen) {
        long horizon = log.horizon();
        return switch (seen.mark().orElse(null)) {
            case Mark.At(long position) when position == horizon -> false;
            case Mark.At(long position) when position < horizon -> advance(seen, position, horizon);
            // Whoever does it keeps the mark alive; when he dies it vanishes.
            case Mark.Rebuilding _ -> false;
            case null, default -> {
                resync.begin(seen, horizon);
                yield false;
            }
        };
    }

    private boolean advance(Reading seen, long position, long horizon) {
        var deadline = WriteDeadline.startingNow();
        List<ChangedKey> changed = log.keysAfter(position);
        if (!applied(seen.primary(), changed, deadline)) {
            return false;
        }
        boolean all = changed.size() < ChangeLog.BATCH;
        long reached = all ? horizon : Math.min(horizon, changed.getLast().position());
        boolean moved = marks.move(seen, new Mark.At(reached), Duration.ZERO)
                .toCompletableFuture()
                .join();
        return moved && !all;
    }

    private boolean applied(Primary primary, List<ChangedKey> changed, WriteDeadline deadline) {
        List<CompletableFuture<Boolean>> writes = changed.stream()
                .map(ChangedKey::key)
                .filter(key -> active.primaryOf(key.digest().name()).equals(primary))
                .map(key -> active.apply(key.digest().name(), Projection.of(key), deadline))
                .map(CompletionStage::toCompletableFuture)
                .toList();
        return writes.stream().allMatch(CompletableFuture::join);
    }
}
