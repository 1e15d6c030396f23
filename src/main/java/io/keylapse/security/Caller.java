package io.keylapse.security;

import io.keylapse.key.ManagementKeyId;
import io.keylapse.security.management.Role;

/** An authenticated caller of the management API: the id, the name and the role of its management key. */
public record Caller(ManagementKeyId id, String name, Role role) {}
