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
import io.keylapse.sync.owner.Ownership;
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
 * Follower: makes each Redis primary follow Postgres. Writes the changes after its mark, then moves the mark. Most changes
 * are already there, because the node that makes a change writes it at once; {@code apply.lua} then changes nothing.
 *
 * <p>The mark is stored in Redis. If Redis goes back in time, the mark goes back too, and the changes are written again.
 * Every node reads the marks; one node at a time, chosen by a lock in Postgres, moves them. A mark is renewed every 2
 * seconds even without changes, which shows that its history is still in use.
 */
@Context
final class RedisFollower {
    private static final Logger LOG = LoggerFactory.getLogger(RedisFollower.class);

    /** One run may write any number of changes. */
    private static final Duration BOUND = Duration.ofMinutes(1);

    private static final Duration RENEWAL = Duration.ofSeconds(2);

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
    private final PostgresLoop loop;
    private long asked = System.nanoTime();

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
        this.loop = new PostgresLoop(loops, "redis-follower", settings.interval(), BOUND, this::runOnce);
    }

    @PostConstruct
    void start() {
        if (settings.enabled()) {
            loop.start();
        }
    }

    @PreDestroy
    void stop() throws InterruptedException {
        resync.stop();
        loop.stop();
    }

    /** Reads every mark, and brings primaries that lag up to date. An idle node reads them as seldom as the changes. */
    private void runOnce() {
        if (!feed.isIdle()
                || System.nanoTime() - asked >= settings.idlePause().toNanos()
                || !redis.primaries().stream().allMatch(trust::isTrusted)) {
            readMarks();
        }
    }

    private void readMarks() {
        asked = System.nanoTime();
        List<Reading> readings = new ArrayList<>();
        for (CompletableFuture<Reading> look : redis.primaries().stream()
                .map(trust::look)
                .map(CompletionStage::toCompletableFuture)
                .toList()) {
            try {
                readings.add(look.join());
            } catch (CompletionException redisDidNotAnswer) {
                // RedisConnection and RedisHealth report it; the next run tries again.
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

    /** @param asked {@link System#nanoTime} at which the mark was requested, or earlier */
    private void follow(Reading seen, long asked) {
        Reading from = seen;
        long askedFor = asked;
        while (!isUpToDate(from)) {
            Seen now = history.look().filter(feed::goesBy).orElse(null);
            // Null: Postgres is not trusted, or the feed has not loaded the new history yet.
            if (now == null || !step(from, now, ownership.judge(from, now.moment(), askedFor))) {
                return;
            }
            askedFor = System.nanoTime();
            from = trust.look(seen.primary()).toCompletableFuture().join();
        }
    }

    private boolean isUpToDate(Reading seen) {
        return trust.state(seen.primary()) == TrustState.OURS
                && isAt(seen, feed.seenAll())
                && seen.age().compareTo(RENEWAL) < 0;
    }

    private static boolean isAt(Reading seen, long position) {
        return seen.mark().orElse(null) instanceof Mark.At(var _, long marked) && marked == position;
    }

    /** Returns whether there may be more to write at once. */
    private boolean step(Reading seen, Seen now, TrustState state) {
        if (state == TrustState.OURS && isAt(seen, now.position())) {
            // Nothing to write, and replacing the mark needs no lock.
            return advance(seen, now.position(), now);
        }
        return switch (state) {
            case AHEAD, FOREIGN -> false;
            case OURS, UNMARKED, LOST -> postgres.inTransaction(() -> log.tryLead() && lead(seen, now, state));
        };
    }

    private boolean lead(Reading seen, Seen now, TrustState state) {
        return switch (seen.mark().orElse(null)) {
            case Mark.At(var _, long position)
            when state == TrustState.OURS && position <= now.position() -> advance(seen, position, now);
            case Mark.Rebuilding _ when state == TrustState.OURS && Resync.isUnderWay(seen) -> false;
            case null, default -> {
                resync.begin(seen, state, now);
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
