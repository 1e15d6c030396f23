/**
 * What whoever holds a key may ask about it.
 *
 * <p>Read {@link io.keylapse.http.holder.SelfController} first.
 */
@NullMarked
package io.keylapse.http.holder;

import org.jspecify.annotations.NullMarked;
