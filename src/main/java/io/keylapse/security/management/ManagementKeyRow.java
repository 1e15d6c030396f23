package io.keylapse.security.management;

import io.micronaut.data.annotation.Id;
import io.micronaut.data.annotation.MappedEntity;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A row of the table of management keys. */
@MappedEntity("management_key")
@SuppressWarnings("ArrayRecordComponent") // never compared as a record
record ManagementKeyRow(
        @Id UUID id,
        String name,
        String role,
        byte[] digest,
        String hint,
        Instant createdAt,
        @Nullable Instant expiresAt,
        @Nullable Instant lastUsedAt) {}
