package io.keylapse.notice.delivery;

import io.keylapse.notice.WebhookId;
import io.keylapse.registry.audit.Actor;
import io.keylapse.registry.audit.AuditAction;
import io.keylapse.registry.audit.AuditTrail;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;

/** Makes dead deliveries pending again, due now. */
@Singleton
public final class Replays {
    private final DeliveryTable deliveries;
    private final AuditTrail audit;
    private final Postgres postgres;

    Replays(DeliveryTable deliveries, AuditTrail audit, Postgres postgres) {
        this.deliveries = deliveries;
        this.audit = audit;
        this.postgres = postgres;
    }

    /**
     * Replays one delivery.
     *
     * @return whether it was dead
     */
    public boolean of(DeliveryId id, Actor by) {
        return postgres.inTransaction(() -> {
            boolean wasDead = deliveries.replay(id) == 1;
            if (wasDead) {
                audit.add(by, AuditAction.DELIVERY_REPLAY, id, postgres.now());
            }
            return wasDead;
        });
    }

    /** Replays all dead deliveries to a webhook. Returns how many there were. */
    public int of(WebhookId webhook, Actor by) {
        return postgres.inTransaction(() -> {
            int replayed = deliveries.replay(webhook);
            if (replayed > 0) {
                audit.addCounted(by, AuditAction.WEBHOOK_REPLAY, webhook.toString(), replayed, postgres.now());
            }
            return replayed;
        });
    }
}
