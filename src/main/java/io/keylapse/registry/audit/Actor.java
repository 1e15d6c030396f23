package io.keylapse.registry.audit;

import io.keylapse.key.KeyId;
import io.keylapse.key.ManagementKeyId;
import org.jspecify.annotations.Nullable;

/**
 * Who makes a call, and where it comes from.
 *
 * @param id {@code mgmt_...}; {@code key:} and a key id for a key holder; {@code link:} and a key id for a link in a mail
 * @param name the name of the management key; null for a key holder
 * @param managementKey null for a key holder
 * @param address the client address
 * @param requestId the {@code X-Request-ID} of the call
 */
public record Actor(
        String id,
        @Nullable String name,
        @Nullable ManagementKeyId managementKey,
        @Nullable String address,
        @Nullable String requestId) {

    /** The user of a management key. */
    public static Actor of(ManagementKeyId key, String name, @Nullable String address, @Nullable String requestId) {
        return new Actor(key.toString(), name, key, address, requestId);
    }

    /** A key holder, whose credential is the key itself. */
    public static Actor holder(KeyId key, @Nullable String address, @Nullable String requestId) {
        return new Actor("key:" + key, null, null, address, requestId);
    }

    /** A caller with a link from a mail about the key. */
    public static Actor link(KeyId key, @Nullable String address, @Nullable String requestId) {
        return new Actor("link:" + key, null, null, address, requestId);
    }

    /** The id, for the log. */
    @Override
    public String toString() {
        return id;
    }
}
