/**
 * What owners were told, for admins, and the webhooks by which.
 *
 * <p>Read {@link io.keylapse.http.management.notices.NoticesController} first.
 */
@NullMarked
package io.keylapse.http.management.notices;

import org.jspecify.annotations.NullMarked;
