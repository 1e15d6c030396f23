package io.keylapse.security;

import io.keylapse.key.ManagementKeyId;

/** Who calls the management API: the management key that was presented, and what it is for. */
public record Caller(ManagementKeyId id, Role role) {}
