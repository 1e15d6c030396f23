package io.keylapse.registry;

import io.keylapse.key.KeyId;
import io.keylapse.key.KeyState;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * State machine of a key: its current state and every transition. It depends on no store.
 *
 * @param recorded the stored state; still {@link KeyState#ACTIVE} after the deadline until the expiry is recorded
 * @param endReason the state that the key has after {@code expiresAt}: {@link KeyState#EXPIRED}, or
 *     {@link KeyState#ROTATED} if the grace of a rotation ends then
 * @param version grows by one with every change, so that stores can tell old from new
 * @param expiresAt the deadline in whole milliseconds; null for none
 * @param endedAt the stored end; null if none is stored
 * @param lifetime the lifetime that it was issued with; null for unlimited
 * @param successorId the key that replaces it; null if there is none
 */
public record KeyTerm(
        KeyState recorded,
        KeyState endReason,
        int version,
        Instant issuedAt,
        @Nullable Instant expiresAt,
        @Nullable Instant endedAt,
        @Nullable Duration lifetime,
        @Nullable KeyId successorId) {

    /** The term of a new key. */
    public static KeyTerm issued(Instant issuedAt, @Nullable Instant expiresAt) {
        Duration lifetime = expiresAt == null ? null : Duration.between(issuedAt, expiresAt);
        return new KeyTerm(KeyState.ACTIVE, KeyState.EXPIRED, 1, issuedAt, expiresAt, null, lifetime, null);
    }

    /** The state at that instant, whether or not the end is recorded. */
    public KeyState stateAt(Instant now) {
        return isOverdueAt(now) ? endReason : recorded;
    }

    /** When the key ended, as of that instant; null while it is active. */
    public @Nullable Instant endedAt(Instant now) {
        return isOverdueAt(now) ? expiresAt : endedAt;
    }

    /** Whether it is past its deadline but not recorded as ended. */
    public boolean isOverdueAt(Instant now) {
        return recorded == KeyState.ACTIVE && expiresAt != null && !now.isBefore(expiresAt);
    }

    /** Recorded as ended at its deadline. The version stays the same, because nobody changed the key. */
    public KeyTerm lapsed() {
        return new KeyTerm(endReason, endReason, version, issuedAt, expiresAt, expiresAt, lifetime, successorId);
    }

    /** Active with another deadline; null for none. */
    public KeyTerm renewed(@Nullable Instant newExpiresAt) {
        return new KeyTerm(
                KeyState.ACTIVE, KeyState.EXPIRED, version + 1, issuedAt, newExpiresAt, null, lifetime, null);
    }

    /** Revoked at that instant. */
    public KeyTerm revoked(Instant now) {
        return new KeyTerm(KeyState.REVOKED, endReason, version + 1, issuedAt, expiresAt, now, lifetime, successorId);
    }

    /**
     * Replaced by a successor. It ends at its own deadline or at the end of the grace, whichever comes first. If it had a
     * successor already, that earlier grace may become shorter, and not longer.
     */
    public KeyTerm rotated(KeyId successor, Instant now, Duration grace) {
        Instant graceEnd = now.plus(grace);
        if (expiresAt != null && !graceEnd.isBefore(expiresAt)) {
            return new KeyTerm(KeyState.ACTIVE, endReason, version + 1, issuedAt, expiresAt, null, lifetime, successor);
        }
        var inGrace = new KeyTerm(
                KeyState.ACTIVE, KeyState.ROTATED, version + 1, issuedAt, graceEnd, null, lifetime, successor);
        return grace.isZero() ? inGrace.lapsed() : inGrace;
    }

    /** Only the details changed. */
    public KeyTerm touched() {
        return new KeyTerm(recorded, endReason, version + 1, issuedAt, expiresAt, endedAt, lifetime, successorId);
    }
}
