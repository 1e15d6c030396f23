/**
 * The audit trail in the API.
 *
 * <p>Read {@link io.keylapse.http.management.audit.AuditController} first.
 */
@NullMarked
package io.keylapse.http.management.audit;

import org.jspecify.annotations.NullMarked;
