/**
 * Who calls, from where, and may they? Stands before all routes.
 *
 * <p>Read {@link io.keylapse.http.access.ManagementGate} first.
 */
@NullMarked
package io.keylapse.http.access;

import org.jspecify.annotations.NullMarked;
