/**
 * The health endpoint: liveness and readiness of a node.
 *
 * <p>Read {@link io.keylapse.app.health.StoresReadiness} first.
 */
@NullMarked
package io.keylapse.app.health;

import org.jspecify.annotations.NullMarked;
