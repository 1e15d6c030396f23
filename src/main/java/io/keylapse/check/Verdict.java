package io.keylapse.check;

import io.keylapse.active.ActiveEntry;
import io.keylapse.active.ActiveEntry.Live;
import io.keylapse.active.ActiveEntry.Tombstone;
import io.keylapse.key.KeyId;
import io.keylapse.key.KeyState;
import io.keylapse.registry.KeyRecord;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Result of a check. Every outcome is a value, also {@link Unavailable}; checks throw no exceptions. */
public sealed interface Verdict {
    /** The key is valid. */
    final class Good implements Verdict {
        private final KeyId id;
        private final String owner;
        private final List<String> scopes;
        private final @Nullable Instant expiresAt;
        private volatile @Nullable Object wording;
        private boolean noted;

        /** @param expiresAt null when it never expires */
        Good(KeyId id, String owner, List<String> scopes, @Nullable Instant expiresAt) {
            this.id = id;
            this.owner = owner;
            this.scopes = scopes;
            this.expiresAt = expiresAt;
        }

        /** The key's public id. */
        public KeyId id() {
            return id;
        }

        /** Owner of the key. */
        public String owner() {
            return owner;
        }

        /** Scopes of the key. */
        public List<String> scopes() {
            return scopes;
        }

        /** Deadline of the key; null when it never expires. */
        public @Nullable Instant expiresAt() {
            return expiresAt;
        }

        /**
         * Response for this verdict, built by {@code words} on the first call and cached. Each near cache hit returns the
         * same verdict, and building a response takes longer than such a check.
         */
        @SuppressWarnings("unchecked") // there is only one caller, so always the same type
        public <T> T worded(Function<Good, T> words) {
            Object made = wording;
            if (made == null) {
                made = words.apply(this);
                wording = made;
            }
            return (T) made;
        }

        /**
         * Whether this use of the key was noted already. Not synchronized: two threads may both note it, which does no harm.
         */
        boolean isNoted() {
            return noted;
        }

        /** Marks the use as noted, so that later near cache hits do not note it again. */
        void setNoted() {
            noted = true;
        }

        @Override
        public String toString() {
            return "Good[" + id + ", expiresAt=" + expiresAt + "]";
        }
    }

    /** No key was presented. */
    record Missing() implements Verdict {}

    /** Two different keys were presented. */
    record Ambiguous() implements Verdict {}

    /** The credential does not have the form of a key, or its checksum is wrong. */
    record Malformed() implements Verdict {}

    /** No such key was issued. */
    record Unknown() implements Verdict {}

    /**
     * The deadline of the key has passed.
     *
     * @param successor the key that had replaced it before; null if there is none
     */
    record Expired(
            KeyId id,
            String owner,
            Instant expiredAt,
            @Nullable KeyId successor) implements Verdict {}

    /** The key was revoked. */
    record Revoked(KeyId id, Instant endedAt) implements Verdict {}

    /** The key was replaced by a successor, and its grace is over. */
    record Rotated(KeyId id, Instant endedAt, @Nullable KeyId successor) implements Verdict {}

    /** The key is valid, but lacks a demanded scope. */
    record ScopeMissing(KeyId id, List<String> demanded) implements Verdict {}

    /** The stores did not answer. It never means that the key is invalid. */
    record Unavailable() implements Verdict {}

    /** The verdict on a key that Postgres has, without a look at its scopes. */
    static Verdict of(KeyRecord key) {
        return switch (key.state()) {
            case ACTIVE ->
                new Good(
                        key.id(),
                        key.owner(),
                        key.details().scopes(),
                        key.term().expiresAt());
            case EXPIRED ->
                new Expired(key.id(), key.owner(), ended(key), key.term().successorId());
            case REVOKED -> new Revoked(key.id(), ended(key));
            case ROTATED -> new Rotated(key.id(), ended(key), key.term().successorId());
        };
    }

    /**
     * The verdict on a key that Redis has, without a look at its scopes. Empty if its deadline is not after {@code now}: it
     * may have been renewed, so Postgres decides.
     */
    static Optional<Verdict> of(ActiveEntry entry, Instant now) {
        return switch (entry) {
            case Live live ->
                live.isLiveAt(now)
                        ? Optional.of(new Good(live.id(), live.owner(), live.scopes(), live.expiresAt()))
                        : Optional.empty();
            case Tombstone dead ->
                Optional.of(
                        dead.state() == KeyState.ROTATED
                                ? new Rotated(dead.id(), dead.endedAt(), dead.successor())
                                : new Revoked(dead.id(), dead.endedAt()));
        };
    }

    /** This verdict, or {@link ScopeMissing} if the key is valid and lacks any of the demanded scopes. */
    default Verdict demanding(List<String> demanded) {
        return !demanded.isEmpty()
                        && this instanceof Good good
                        && !good.scopes().containsAll(demanded)
                ? new ScopeMissing(good.id(), demanded)
                : this;
    }

    private static Instant ended(KeyRecord key) {
        return Objects.requireNonNull(key.endedAt(), "a constraint gives every ended key its instant");
    }

    /** Stable code of the verdict in the API. */
    default String code() {
        return switch (this) {
            case Good _ -> "VALID";
            case Missing _ -> "KEY_MISSING";
            case Ambiguous _ -> "KEY_AMBIGUOUS";
            case Malformed _ -> "KEY_MALFORMED";
            case Unknown _ -> "KEY_UNKNOWN";
            case Expired _ -> "KEY_EXPIRED";
            case Revoked _ -> "KEY_REVOKED";
            case Rotated _ -> "KEY_ROTATED";
            case ScopeMissing _ -> "SCOPE_MISSING";
            case Unavailable _ -> "STORE_UNAVAILABLE";
        };
    }
}
