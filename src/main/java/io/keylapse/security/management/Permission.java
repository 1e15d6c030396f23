package io.keylapse.security.management;

/** A permission that a role may include. */
public enum Permission {
    /** Issue, renew, rotate, revoke and change keys. */
    MANAGE_KEYS,
    /** List, read and look up keys. */
    READ_KEYS,
    /** Read the blacklist, its statistics, notices, deliveries and webhooks. */
    READ_HISTORY,
    /** Read the audit trail. */
    READ_AUDIT,
    /** Check keys in batches and by introspection. */
    CHECK_KEYS,
    /** Create, change, test and delete webhooks, and retry dead deliveries. */
    MANAGE_WEBHOOKS,
    /** Create, list and delete management keys. */
    MANAGE_MANAGEMENT_KEYS
}
