/**
 * Who may use a route: annotations for controllers, and how they are read.
 *
 * <p>Read {@link io.keylapse.http.access.audience.Audience} first.
 */
@NullMarked
package io.keylapse.http.access.audience;

import org.jspecify.annotations.NullMarked;
