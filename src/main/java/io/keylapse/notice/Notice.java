package io.keylapse.notice;

import io.keylapse.key.KeyId;
import io.keylapse.registry.outbox.NoticeId;
import io.keylapse.registry.outbox.NoticeKind;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Something to tell the owner of a key. It says instants and not how long it is until then, so that it is as true when it
 * arrives late.
 *
 * @param email where the owner reads mail; null for nowhere
 * @param language what the owner reads; null when not known
 * @param expiresAt the deadline that the key has by this notice; null when it has none
 * @param leadTime how long before the deadline this was to be told; null but for {@link NoticeKind#EXPIRING}
 * @param detail in the words of whoever decided it
 * @param dueAt when it should have been told
 * @param writtenAt when it was found out that it should
 */
public record Notice(
        NoticeId id,
        NoticeKind kind,
        KeyId keyId,
        int version,
        String owner,
        String name,
        String hint,
        @Nullable String email,
        @Nullable String language,
        @Nullable Instant expiresAt,
        @Nullable Duration leadTime,
        @Nullable KeyId successorId,
        @Nullable String detail,
        Instant dueAt,
        Instant writtenAt) {

    /** Told later than this, a notice says so. */
    public static final Duration LATE = Duration.ofHours(1);

    /** Whether, told at that instant, it is later than it should have been by more than {@link #LATE}. */
    public boolean isLateAt(Instant now) {
        return Duration.between(dueAt, now).compareTo(LATE) > 0;
    }
}
