package io.keylapse.lifecycle.rules;

import io.keylapse.key.KeyState;
import io.keylapse.registry.KeyRecord;
import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Whether whoever holds a key may renew it without asking anybody.
 *
 * @param policy when
 * @param grace for how long after its deadline, if the policy is {@link Policy#WITHIN_GRACE}
 */
@ConfigurationProperties("keylapse.self-renewal")
public record SelfRenewal(
        @Bindable(defaultValue = "NEVER") Policy policy,
        @Bindable(defaultValue = "P7D") Duration grace) {
    public SelfRenewal {
        if (grace.isNegative()) {
            throw new IllegalArgumentException("keylapse.self-renewal.grace must not be negative, but is " + grace);
        }
    }

    /** When a key may be renewed by its holder. */
    public enum Policy {
        NEVER,
        BEFORE_EXPIRY,
        WITHIN_GRACE
    }

    /** Until when the holder may renew this key; empty when he may not, at this moment or ever. */
    public Optional<Instant> until(KeyRecord key) {
        Instant expiresAt = key.term().expiresAt();
        boolean isRenewable =
                key.term().successorId() == null && (key.state() == KeyState.ACTIVE || key.state() == KeyState.EXPIRED);
        if (expiresAt == null || !isRenewable || policy == Policy.NEVER) {
            return Optional.empty();
        }
        Instant last = policy == Policy.WITHIN_GRACE ? expiresAt.plus(grace) : expiresAt;
        return Optional.of(last).filter(key.readAt()::isBefore);
    }
}
