/**
 * The verbs: issue, renew, rotate, revoke and change a key, one class each.
 *
 * <p>Each is one transaction in Postgres, after which the change is carried to Redis. Read {@link
 * io.keylapse.lifecycle.IssueKey} first; the steps a key can take are in {@link io.keylapse.registry.KeyTerm}.
 */
@NullMarked
package io.keylapse.lifecycle;

import org.jspecify.annotations.NullMarked;
