package io.keylapse.security;

import io.keylapse.key.ManagementKeyId;

/** An authenticated caller of the management API: the id and the role of its management key. */
public record Caller(ManagementKeyId id, Role role) {}
