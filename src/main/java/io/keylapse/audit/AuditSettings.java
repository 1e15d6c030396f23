package io.keylapse.audit;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;

/**
 * How long the audit trail is kept.
 *
 * @param retention how long entries of the audit trail are kept; at least {@code P1D}
 */
@ConfigurationProperties("keylapse.audit")
record AuditSettings(@Bindable(defaultValue = "P400D") Duration retention) {
    private static final Duration MIN_RETENTION = Duration.ofDays(1);

    AuditSettings {
        if (retention.compareTo(MIN_RETENTION) < 0) {
            throw new IllegalArgumentException(
                    "keylapse.audit.retention (KEYLAPSE_AUDIT_RETENTION) must be at least P1D, not " + retention);
        }
    }
}
