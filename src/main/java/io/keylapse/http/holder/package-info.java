/**
 * {@code /v1/self}: endpoints for key holders.
 *
 * <p>Read {@link io.keylapse.http.holder.SelfController} first.
 */
@NullMarked
package io.keylapse.http.holder;

import org.jspecify.annotations.NullMarked;
