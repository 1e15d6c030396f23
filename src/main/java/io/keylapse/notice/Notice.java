package io.keylapse.notice;

import io.keylapse.key.KeyId;
import io.keylapse.registry.outbox.NoticeId;
import io.keylapse.registry.outbox.NoticeKind;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A notice: an event in the life of a key that its owner is notified of. It contains instants and no remaining times, so
 * that it is still correct when it arrives late.
 *
 * @param email the owner's mail address; null if not known
 * @param language the owner's language, as a BCP 47 tag; null if not known
 * @param expiresAt the deadline of the key as of this notice; null if it has none
 * @param leadTime how long before the deadline the notice is due; null except for {@link NoticeKind#EXPIRING}
 * @param detail the reason that the caller gave; for {@link NoticeKind#REFUSED}, how the key ended
 * @param dueAt when the owner should have been notified; for {@link NoticeKind#REFUSED}, since when the key is refused
 * @param writtenAt when the notice was written
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

    /** A notice that is sent later than this after it was due says so. */
    public static final Duration LATE = Duration.ofHours(1);

    /**
     * Whether a notice that is sent at this instant is more than {@link #LATE} overdue. One about refusals says since when
     * they happen, and is not late.
     */
    public boolean isLateAt(Instant now) {
        return kind != NoticeKind.REFUSED && Duration.between(dueAt, now).compareTo(LATE) > 0;
    }
}
