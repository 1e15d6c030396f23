/**
 * Who may use the management API, and for what.
 *
 * <p>Read {@link io.keylapse.security.Gatekeeper} first.
 */
@NullMarked
package io.keylapse.security;

import org.jspecify.annotations.NullMarked;
