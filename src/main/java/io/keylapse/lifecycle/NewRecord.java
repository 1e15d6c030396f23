package io.keylapse.lifecycle;

import io.keylapse.key.ApiKey;
import io.keylapse.key.KeyFormat;
import io.keylapse.key.KeyId;
import io.keylapse.registry.KeyDetails;
import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.KeyTerm;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A new key and its secret, before it is stored. */
record NewRecord(KeyRecord key, ApiKey secret) {
    /**
     * Generates a secret and creates its record.
     *
     * @param expiresAt the deadline; null for none
     * @param predecessor the key that it replaces; null for none
     * @param now the time of issue
     */
    static NewRecord make(
            KeyFormat format,
            String owner,
            KeyDetails details,
            @Nullable Instant expiresAt,
            @Nullable KeyId predecessor,
            Instant now) {
        ApiKey secret = format.generate();
        var key = new KeyRecord(
                KeyId.generate(now),
                secret.digest(),
                secret.hint(),
                owner,
                details,
                KeyTerm.issued(now, expiresAt),
                predecessor,
                now);
        return new NewRecord(key, secret);
    }
}
