/**
 * What an instance says of itself when it is asked whether it is fit to be sent requests.
 *
 * <p>Read {@link io.keylapse.app.health.StoresReadiness} first.
 */
@NullMarked
package io.keylapse.app.health;

import org.jspecify.annotations.NullMarked;
