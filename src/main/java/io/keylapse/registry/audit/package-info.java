/**
 * The audit trail: one row for each change, written in the transaction of the change, and rows for refused calls.
 *
 * <p>Read {@link io.keylapse.registry.audit.AuditTrail} first.
 */
@NullMarked
package io.keylapse.registry.audit;

import org.jspecify.annotations.NullMarked;
