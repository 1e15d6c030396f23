package io.keylapse.registry;

import io.keylapse.key.KeyId;
import io.keylapse.key.KeyName;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a check needs to know of an active key, and no more, so that a million of them are soon read. */
public record ActiveKey(
        KeyId id, KeyName name, int version, @Nullable Instant expiresAt, String owner, List<String> scopes) {}
