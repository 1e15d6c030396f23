package io.keylapse.active.trust;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.keylapse.active.redis.Primary;
import io.keylapse.active.redis.RedisConnection;
import io.keylapse.active.redis.RedisScript;
import io.keylapse.active.redis.RedisSettings;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** The mark of each primary, read and replaced by {@code mark.lua}. */
@Singleton
public final class MarkStore {
    private static final RedisScript SCRIPT = RedisScript.beside(MarkStore.class, "mark.lua");

    private final RedisConnection redis;
    private final String prefix;

    MarkStore(RedisConnection redis, RedisSettings settings) {
        this.redis = redis;
        this.prefix = settings.keyPrefix();
    }

    /**
     * A mark as it was read.
     *
     * @param incarnation changes whenever the server may have lost what was written to it
     * @param text empty when there is no mark
     * @param age since it was last written, by the server's clock
     */
    public record Reading(Primary primary, String incarnation, String text, Duration age) {
        /** What it says, if it says anything. */
        public Optional<Mark> mark() {
            return Mark.of(text);
        }
    }

    /** Reads the mark of a primary. */
    public CompletionStage<Reading> read(Primary primary) {
        return redis.send(primary, commands -> SCRIPT.<List<Object>>run(commands, name(primary)))
                .thenApply(answer -> new Reading(
                        primary, text(answer.get(0)), text(answer.get(1)), Duration.ofMillis((Long) answer.get(2))));
    }

    /** Replaces a mark, unless it is no longer as it was read or the server no longer the same; returns whether it did. */
    public CompletionStage<Boolean> move(Reading seen, Mark next) {
        return replace(seen, next.text());
    }

    /** Removes a mark, under the same conditions. */
    public CompletionStage<Boolean> remove(Reading seen) {
        return replace(seen, "");
    }

    private CompletionStage<Boolean> replace(Reading seen, String text) {
        return redis.send(
                        seen.primary(),
                        commands -> SCRIPT.<List<Object>>run(
                                commands,
                                name(seen.primary()),
                                seen.incarnation().getBytes(UTF_8),
                                seen.text().getBytes(UTF_8),
                                text.getBytes(UTF_8)))
                .thenApply(answer -> ((Long) answer.get(3)) == 1);
    }

    private byte[] name(Primary primary) {
        String tag = primary.tag().isEmpty() ? "" : "{" + primary.tag() + "}";
        return (prefix + tag + "follows").getBytes(UTF_8);
    }

    private static String text(Object bytes) {
        return new String((byte[]) bytes, UTF_8);
    }
}
