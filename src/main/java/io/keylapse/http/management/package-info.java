/**
 * {@code /v1}: the management API.
 *
 * <p>Read {@link io.keylapse.http.management.KeysController} first; {@link io.keylapse.http.access.ManagementGate}
 * authenticates every call.
 */
@NullMarked
package io.keylapse.http.management;

import org.jspecify.annotations.NullMarked;
