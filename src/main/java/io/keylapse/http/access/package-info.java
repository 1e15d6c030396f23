/**
 * Access control in front of all routes: who calls, from which address, and with which permissions.
 *
 * <p>Read {@link io.keylapse.http.access.ManagementGate} first.
 */
@NullMarked
package io.keylapse.http.access;

import org.jspecify.annotations.NullMarked;
