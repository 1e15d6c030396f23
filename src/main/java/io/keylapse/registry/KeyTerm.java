package io.keylapse.registry;

import io.keylapse.key.KeyId;
import io.keylapse.key.KeyState;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Where a key stands in its life, and every step it can take: the state machine of the protocol, without any store.
 *
 * @param recorded the state as written, which lags behind the deadline until the expiry is recorded
 * @param endReason what reaching {@code expiresAt} means: {@link KeyState#EXPIRED}, or {@link KeyState#ROTATED} when the
 *     grace that a rotation left ends first
 * @param version one more with every change, so that stores can tell old from new
 * @param expiresAt the deadline in whole milliseconds; null when there is none
 * @param endedAt when it ended, as written
 * @param lifetime how long it was issued for; null when for ever
 * @param successorId the key that replaces it
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

    /** The first term of a key. */
    public static KeyTerm issued(Instant issuedAt, @Nullable Instant expiresAt) {
        Duration lifetime = expiresAt == null ? null : Duration.between(issuedAt, expiresAt);
        return new KeyTerm(KeyState.ACTIVE, KeyState.EXPIRED, 1, issuedAt, expiresAt, null, lifetime, null);
    }

    /** The state at that instant, whether or not the ending has been recorded. */
    public KeyState stateAt(Instant now) {
        return isOverdueAt(now) ? endReason : recorded;
    }

    /** When the key ended, seen from that instant; null while it is active. */
    public @Nullable Instant endedAt(Instant now) {
        return isOverdueAt(now) ? expiresAt : endedAt;
    }

    /** Past its deadline, but not yet written down as ended. */
    public boolean isOverdueAt(Instant now) {
        return recorded == KeyState.ACTIVE && expiresAt != null && !now.isBefore(expiresAt);
    }

    /** Its ending written down: the version stays, because nothing was decided. */
    public KeyTerm lapsed() {
        return new KeyTerm(endReason, endReason, version, issuedAt, expiresAt, expiresAt, lifetime, successorId);
    }

    /** Active with another deadline. */
    public KeyTerm renewed(@Nullable Instant newExpiresAt) {
        return new KeyTerm(
                KeyState.ACTIVE, KeyState.EXPIRED, version + 1, issuedAt, newExpiresAt, null, lifetime, null);
    }

    /** Ended by decision. */
    public KeyTerm revoked(Instant now) {
        return new KeyTerm(KeyState.REVOKED, endReason, version + 1, issuedAt, expiresAt, now, lifetime, successorId);
    }

    /** Replaced: ends at its own deadline or at the end of the grace, whichever comes first. */
    public KeyTerm rotated(KeyId successor, Instant now, Duration grace) {
        Instant graceEnd = now.plus(grace);
        if (expiresAt != null && !graceEnd.isBefore(expiresAt)) {
            return new KeyTerm(
                    KeyState.ACTIVE, KeyState.EXPIRED, version + 1, issuedAt, expiresAt, null, lifetime, successor);
        }
        var inGrace = new KeyTerm(
                KeyState.ACTIVE, KeyState.ROTATED, version + 1, issuedAt, graceEnd, null, lifetime, successor);
        return grace.isZero() ? inGrace.lapsed() : inGrace;
    }

    /** Nothing but the details changed. */
    public KeyTerm touched() {
        return new KeyTerm(recorded, endReason, version + 1, issuedAt, expiresAt, endedAt, lifetime, successorId);
    }
}
