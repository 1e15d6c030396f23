package io.keylapse.check;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import io.keylapse.key.KeyName;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;

/**
 * What Postgres said a moment ago of keys that are not good, so that one who keeps presenting such a key costs nothing.
 * Bounded, and forgotten when a change of the key is announced.
 *
 * <p>Consulted after Redis, never before: a key that became good again is found there.
 */
@Singleton
final class EndedKeys {
    private static final int MOST = 100_000;

    /** A key that was revoked or rotated stays so, and one that was never issued cannot be guessed beforehand. */
    private static final Duration FOR_GOOD = Duration.ofSeconds(10);

    /** An expired key may be renewed, and on another node. */
    private static final Duration RENEWABLE = Duration.ofSeconds(1);

    private final Cache<KeyName, Verdict> verdicts = Caffeine.newBuilder()
            .maximumSize(MOST)
            .expireAfter(Expiry.<KeyName, Verdict>writing(
                    (_, verdict) -> verdict instanceof Verdict.Expired ? RENEWABLE : FOR_GOOD))
            .build();

    /**
     * What is remembered of a key.
     *
     * @param redisAnswered whether Redis was asked and had no live entry; without that, an expired key may have been
     *     renewed, and is not called expired from memory
     */
    Optional<Verdict> find(KeyName name, boolean redisAnswered) {
        return Optional.ofNullable(verdicts.getIfPresent(name))
                .filter(verdict -> redisAnswered || !(verdict instanceof Verdict.Expired));
    }

    /** Remembers a refusal that was read from Postgres and that no change has overtaken. */
    void remember(KeyName name, Verdict refusal) {
        verdicts.put(name, refusal);
    }

    void forget(KeyName name) {
        verdicts.invalidate(name);
    }
}
