/**
 * The audit trail as admins see it, refused calls, and retention.
 *
 * <p>Read {@link io.keylapse.audit.AuditHistory} first. Changes are recorded by {@link
 * io.keylapse.registry.audit.AuditTrail}.
 */
@NullMarked
package io.keylapse.audit;

import org.jspecify.annotations.NullMarked;
