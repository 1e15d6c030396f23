package io.keylapse.notice.link;

import io.keylapse.key.KeyId;
import io.keylapse.notice.delivery.DeliveryId;
import io.keylapse.registry.sql.Columns;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What is stored about the links in mails: the delivery that a link was sent in, and whether the link was used. */
@Singleton
final class LinkTable {
    private static final String OF_DELIVERY = """
            SELECT key_id, expires_at, target, link_used_at
            FROM delivery JOIN notice ON notice.id = notice_id
            WHERE delivery.id = ? AND channel = 'email'""";

    private static final String USE_UP =
            "UPDATE delivery SET link_used_at = clock_timestamp() WHERE id = ? AND link_used_at IS NULL";

    private final Postgres postgres;

    LinkTable(Postgres postgres) {
        this.postgres = postgres;
    }

    /**
     * A link as it was sent.
     *
     * @param deadline the deadline of the key then; null for none
     * @param address the mail address that it was sent to
     */
    record Sent(KeyId key, @Nullable Instant deadline, String address, boolean used) {}

    /** The link that was sent in this delivery; empty if the delivery is not stored any more. */
    Optional<Sent> find(DeliveryId delivery) {
        return postgres.queryFirst(
                OF_DELIVERY,
                row -> new Sent(
                        new KeyId(row.getObject("key_id", UUID.class)),
                        Columns.nullableInstant(row, "expires_at"),
                        row.getString("target"),
                        Columns.nullableInstant(row, "link_used_at") != null),
                delivery.value());
    }

    /** Marks a link as used; false if it was used before. */
    boolean useUp(DeliveryId delivery) {
        return postgres.update(USE_UP, delivery.value()) == 1;
    }
}
