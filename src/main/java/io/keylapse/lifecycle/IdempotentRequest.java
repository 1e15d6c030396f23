package io.keylapse.lifecycle;

import io.keylapse.key.ManagementKeyId;
import org.jspecify.annotations.Nullable;

/**
 * A request that creates at most one key if it has an idempotency key.
 *
 * @param by the management key that sent it
 * @param idempotencyKey chosen by the client; null if it sent none, so that a repeat creates another key
 * @param hash SHA-256 of the request, to distinguish a repeat from another request
 */
@SuppressWarnings("ArrayRecordComponent") // never compared as a record
public record IdempotentRequest(
        ManagementKeyId by, @Nullable String idempotencyKey, byte[] hash) {}
