/**
 * The use cases that change keys: issue, renew, rotate, revoke and change, one class each.
 *
 * <p>Each runs in a transaction in Postgres and then publishes its change to Redis. Read {@link
 * io.keylapse.lifecycle.IssueKey} first; the steps a key can take are in {@link io.keylapse.registry.KeyTerm}.
 */
@NullMarked
package io.keylapse.lifecycle;

import org.jspecify.annotations.NullMarked;
