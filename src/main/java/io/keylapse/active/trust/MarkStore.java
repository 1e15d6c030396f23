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

/** Store of the {@link Mark} of each primary. Marks are read and replaced by {@code mark.lua}, with compare-and-set. */
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
     * Mark as it was read.
     *
     * @param incarnation identity of the server since its last restart or promotion, either of which may lose writes
     * @param text text form of the mark; empty when there is none
     * @param age time since the mark was last written, by the server's clock
     */
    public record Reading(Primary primary, String incarnation, String text, Duration age) {
        /** The parsed mark; empty if there is none or it cannot be parsed. */
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

    /** Replaces a mark if neither the mark nor the incarnation of the server has changed since; returns whether it did. */
    public CompletionStage<Boolean> move(Reading seen, Mark next) {
        return replace(seen, next.text());
    }

    /** Deletes a mark under the same conditions; returns whether it did. */
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
