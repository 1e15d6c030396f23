/**
 * The management API for notices, their deliveries and webhooks.
 *
 * <p>Read {@link io.keylapse.http.management.notices.NoticesController} first.
 */
@NullMarked
package io.keylapse.http.management.notices;

import org.jspecify.annotations.NullMarked;
