package io.keylapse.security;

/** Something that a role may include. */
public enum Permission {
    /** Issue, renew, rotate, revoke and change keys. */
    MANAGE_KEYS,
    /** List, read and look up keys. */
    READ_KEYS,
    /** The blacklist and its statistics. */
    READ_HISTORY,
    /** Check keys in batches and by introspection. */
    CHECK_KEYS,
    /** Set up, change and try out webhooks, and send again what was given up. */
    MANAGE_WEBHOOKS,
    /** Make, list and delete management keys. */
    MANAGE_MANAGEMENT_KEYS
}
