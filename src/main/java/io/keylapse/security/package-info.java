/**
 * Authentication, roles and permissions for the management API.
 *
 * <p>Read {@link io.keylapse.security.Gatekeeper} first.
 */
@NullMarked
package io.keylapse.security;

import org.jspecify.annotations.NullMarked;
