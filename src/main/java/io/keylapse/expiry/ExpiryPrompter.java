package io.keylapse.expiry;

import io.keylapse.active.ActiveKeys;
import io.keylapse.active.KeyChanges;
import io.keylapse.active.redis.RedisUnavailableException;
import io.keylapse.background.BackgroundLoop;
import io.keylapse.background.LoopRegistry;
import io.keylapse.expiry.ExpiryQueue.Expiry;
import io.keylapse.key.KeyName;
import io.keylapse.registry.ending.DueKeys;
import io.keylapse.registry.ending.DueKeys.Due;
import io.keylapse.registry.ending.RecordingSource;
import io.keylapse.registry.sql.PostgresLoop;
import io.micronaut.context.annotation.Context;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.DelayQueue;
import java.util.concurrent.Delayed;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Prompter: touches each key in Redis just after its deadline, so that Redis deletes and announces it at once.
 *
 * <p>On its own, Redis finds expired keys by sampling, which takes minutes among a million live keys.
 */
@Context
final class ExpiryPrompter {
    private static final Duration LOOK_AHEAD = Duration.ofSeconds(2);
    private static final Duration PAUSE = LOOK_AHEAD.dividedBy(2);
    private static final Duration BOUND = Duration.ofSeconds(30);
    private static final int MAX_PLANNED = 100_000;

    /** Limited, because Redis executes nothing else meanwhile: checks then wait about a millisecond. */
    private static final int KEYS_PER_TOUCH = 250;

    /** How long a planned key is kept, so that it is not touched again before its expiry is recorded. */
    private static final Duration PLANNED_FOR = Duration.ofSeconds(4);

    /** Redis deletes a key once its clock has passed the deadline. Our estimate, in whole ms, may be almost 1 ms ahead. */
    private static final long JUST_AFTER_MILLIS = 2;

    private final DueKeys deadlines;
    private final ActiveKeys active;
    private final ExpiryQueue queue;
    private final LeaderElection election;
    private final ExpirySettings settings;
    private final Clock clock;
    private final DelayQueue<Prompt> prompts = new DelayQueue<>();
    private final Set<Due> planned = ConcurrentHashMap.newKeySet();
    private final LoopRegistry loops;
    private final PostgresLoop lookout;
    private @Nullable BackgroundLoop prompting;
    private volatile long serverAhead;

    ExpiryPrompter(
            LoopRegistry loops,
            DueKeys deadlines,
            ActiveKeys active,
            ExpiryQueue queue,
            LeaderElection election,
            ExpirySettings settings,
            Clock clock,
            KeyChanges changes) {
        this.loops = loops;
        this.clock = clock;
        this.deadlines = deadlines;
        this.active = active;
        this.queue = queue;
        this.election = election;
        this.settings = settings;
        this.lookout = new PostgresLoop(loops, "expiry-lookout", PAUSE, BOUND, this::lookAhead);
        changes.register(change -> {
            Instant deadline = change.expiresAt();
            // The look-ahead may be too late for a key with a very short lifetime.
            if (settings.prompter() && deadline != null && isNear(deadline)) {
                plan(new Due(change.name(), deadline));
            }
        });
    }

    @PostConstruct
    void start() {
        if (settings.prompter()) {
            prompting = loops.start(
                    "expiry-prompter", Duration.ZERO, BOUND, this::promptOnce, RedisUnavailableException::inWords);
            lookout.start();
        }
    }

    /** Plans a prompt for every key that expires within the next 2 seconds, if this node is the leader. */
    void lookAhead() {
        try {
            serverAhead = active.refreshClock().toCompletableFuture().join() - clock.millis();
        } catch (CompletionException redisDoesNotAnswer) {
            return; // The keys cannot be touched, and RedisHealth reports it.
        }
        Instant longAgo = serverNow().minus(PLANNED_FOR);
        planned.removeIf(due -> due.expiresAt().isBefore(longAgo));
        // If no more can be planned, do not load Postgres with reading them: it is busy recording.
        if (election.isOurs() && planned.size() < MAX_PLANNED) {
            deadlines.within(LOOK_AHEAD, MAX_PLANNED).forEach(this::plan);
        }
    }

    private boolean isNear(Instant deadline) {
        return deadline.isBefore(serverNow().plus(LOOK_AHEAD));
    }

    private void plan(Due due) {
        if (planned.size() < MAX_PLANNED && planned.add(due)) {
            prompts.add(new Prompt(due.name(), due.expiresAt().toEpochMilli() + JUST_AFTER_MILLIS));
        }
    }

    private Instant serverNow() {
        return Instant.ofEpochMilli(clock.millis() + serverAhead);
    }

    /** Touches the keys that are due. Waits up to 2 seconds for the first. */
    private void promptOnce() throws InterruptedException {
        Prompt first = prompts.poll(LOOK_AHEAD.toMillis(), TimeUnit.MILLISECONDS);
        if (first == null) {
            return;
        }
        var batch = new ArrayList<Prompt>(List.of(first));
        prompts.drainTo(batch, KEYS_PER_TOUCH - 1);
        try {
            touch(batch.stream().map(prompt -> prompt.name).toList());
        } catch (CompletionException redisDoesNotAnswer) {
            // The sweep records these keys; the look-ahead does not plan them again.
        }
    }

    /** Touches a batch and waits for the answer, so that Redis can serve checks between two batches. */
    private void touch(List<KeyName> due) {
        // In an expiry storm the bulk recorder records all due keys, so touching them would only load Redis.
        if (queue.isBackedUp() || areStillThere(due)) {
            due.forEach(name -> queue.offer(new Expiry(name, RecordingSource.SWEEP)));
        }
    }

    /**
     * Touches keys. Returns whether Redis still has some of them. A key whose deadline was brought forward stays in Redis
     * for a while (see apply.lua) and is not announced in time. {@code TOUCH} returns only a number, so the whole batch is
     * queued as expired; Postgres decides.
     */
    private boolean areStillThere(List<KeyName> due) {
        return active.touch(due).toCompletableFuture().join() > 0;
    }

    @PreDestroy
    void stop() throws InterruptedException {
        lookout.stop();
        BackgroundLoop started = prompting;
        if (started != null) {
            started.interrupt();
        }
    }

    private final class Prompt implements Delayed {
        private final KeyName name;
        private final long serverMillis;

        Prompt(KeyName name, long serverMillis) {
            this.name = name;
            this.serverMillis = serverMillis;
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(serverMillis - serverNow().toEpochMilli(), TimeUnit.MILLISECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            return Long.compare(serverMillis, ((Prompt) other).serverMillis);
        }
    }
}
