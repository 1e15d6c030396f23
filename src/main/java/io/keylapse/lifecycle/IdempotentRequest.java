package io.keylapse.lifecycle;

import io.keylapse.registry.audit.Actor;
import org.jspecify.annotations.Nullable;

/**
 * A request that creates at most one key if it has an idempotency key.
 *
 * @param by who sent it
 * @param idempotencyKey chosen by the client; null if it sent none, so that a repeat creates another key
 * @param hash SHA-256 of the request, to distinguish a repeat from another request
 */
@SuppressWarnings("ArrayRecordComponent") // never compared as a record
public record IdempotentRequest(Actor by, @Nullable String idempotencyKey, byte[] hash) {}
