package io.keylapse.lifecycle;

import io.keylapse.key.ManagementKeyId;
import org.jspecify.annotations.Nullable;

/**
 * A request by a management key which, when it names an idempotency key, makes at most one key.
 *
 * @param by who asks
 * @param idempotencyKey chosen by the caller; null when a repeat is a new request
 * @param hash SHA-256 of what is asked for, to tell a repeat from another request
 */
@SuppressWarnings("ArrayRecordComponent") // never compared as a record
public record IdempotentRequest(
        ManagementKeyId by, @Nullable String idempotencyKey, byte[] hash) {}
