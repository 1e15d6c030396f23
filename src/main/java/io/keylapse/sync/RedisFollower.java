package io.keylapse.sync;

import io.keylapse.active.WriteDeadline;
import io.keylapse.active.redis.RedisConnection;
import io.keylapse.active.trust.Mark;
import io.keylapse.active.trust.MarkStore;
import io.keylapse.active.trust.MarkStore.Reading;
import io.keylapse.active.trust.RedisTrust;
import io.keylapse.active.trust.TrustState;
import io.keylapse.background.LoopRegistry;
import io.keylapse.registry.ChangeLog;
import io.keylapse.registry.ChangeLog.ChangedKey;
import io.keylapse.registry.sql.Postgres;
import io.keylapse.registry.sql.PostgresLoop;
import io.keylapse.sync.HistoryWatch.Seen;
import io.micronaut.context.annotation.Context;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
 * done again from there. Every node reads the marks; one at a time moves them. A mark is renewed every second even when
 * nothing changes, so that everybody can tell whether its history goes on.
 */
@Context
final class RedisFollower {
    private static final Logger LOG = LoggerFactory.getLogger(RedisFollower.class);

    /** A round carries as many changes as there are. */
    private static final Duration BOUND = Duration.ofMinutes(1);

    private static final Duration RENEWAL = Duration.ofSeconds(1);

    private final RedisConnection redis;
    private final MarkStore marks;
    private final RedisTrust trust;
    private final Ownership ownership;
    private final HistoryWatch history;
    private final ChangeFeed feed;
    private final ChangeLog log;
    private final ChangeWriter writer;
    private final Postgres postgres;
    private final Resync resync;
    private final SyncSettings settings;
    private final PostgresLoop rounds;

    RedisFollower(
            LoopRegistry loops,
            RedisConnection redis,
            MarkStore marks,
            RedisTrust trust,
            Ownership ownership,
            HistoryWatch history,
            ChangeFeed feed,
            ChangeLog log,
            ChangeWriter writer,
            Postgres postgres,
            Resync resync,
            SyncSettings settings) {
        this.redis = redis;
        this.marks = marks;
        this.trust = trust;
        this.ownership = ownership;
        this.history = history;
        this.feed = feed;
        this.log = log;
        this.writer = writer;
        this.postgres = postgres;
        this.resync = resync;
        this.settings = settings;
        this.rounds = new PostgresLoop(loops, "redis-follower", settings.interval(), BOUND, this::runOnce);
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
        long asked = System.nanoTime();
        List<Reading> readings = new ArrayList<>();
        for (CompletableFuture<Reading> look : redis.primaries().stream()
                .map(trust::look)
                .map(CompletionStage::toCompletableFuture)
                .toList()) {
            try {
                readings.add(look.join());
            } catch (CompletionException redisDidNotAnswer) {
                // Somebody else says so in the log; the next round tries again.
                LOG.debug("Redis does not follow: {}", redisDidNotAnswer.toString());
            }
        }
        ownership.observe(readings, asked);
        for (Reading each : readings) {
            try {
                follow(each, asked);
            } catch (CompletionException redisDidNotAnswer) {
                LOG.debug("Redis does not follow: {}", redisDidNotAnswer.toString());
            }
        }
    }

    /** @param asked when the mark was asked for, or earlier */
    private void follow(Reading seen, long asked) {
        Reading from = seen;
        long askedFor = asked;
        while (!isUpToDate(from)) {
            Seen now = history.look().filter(feed::goesBy).orElse(null);
            // If not, what Postgres says does not count, or the feed has yet to begin anew.
            if (now == null || !step(from, now, ownership.judge(from, now.moment(), askedFor))) {
                return;
            }
            askedFor = System.nanoTime();
            from = trust.look(seen.primary()).toCompletableFuture().join();
        }
    }

    private boolean isUpToDate(Reading seen) {
        return trust.state(seen.primary()) == TrustState.OURS
                && seen.mark().orElse(null) instanceof Mark.At(var _, long position)
                && position == feed.seenAll()
                && seen.age().compareTo(RENEWAL) < 0;
    }

    /** Returns whether there may be more to do at once. */
    private boolean step(Reading seen, Seen now, TrustState standing) {
        return switch (standing) {
            case AHEAD, FOREIGN -> false;
            case OURS, UNMARKED, LOST -> postgres.inTransaction(() -> log.tryLead() && lead(seen, now, standing));
        };
    }

    private boolean lead(Reading seen, Seen now, TrustState standing) {
        return switch (seen.mark().orElse(null)) {
            case Mark.At(var _, long position)
            when standing == TrustState.OURS && position <= now.position() -> advance(seen, position, now);
            case Mark.Rebuilding _ when standing == TrustState.OURS && Resync.isUnderWay(seen) -> false;
            case null, default -> {
                resync.begin(seen, standing, now);
                yield false;
            }
        };
    }

    private boolean advance(Reading seen, long position, Seen now) {
        var deadline = WriteDeadline.startingNow();
        List<ChangedKey> changed = position == now.position() ? List.of() : log.keysAfter(position);
        if (!writer.write(seen.primary(), changed, deadline)) {
            return false;
        }
        boolean all = changed.size() < ChangeLog.BATCH;
        long reached = all
                ? now.position()
                : Math.min(now.position(), changed.getLast().position());
        boolean moved = marks.move(seen, new Mark.At(now.moment(), reached))
                .toCompletableFuture()
                .join();
        return moved && !all;
    }
}
