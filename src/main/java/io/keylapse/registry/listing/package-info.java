/**
 * Lists of keys and of their owners, for admins. This package only reads.
 *
 * <p>Read {@link io.keylapse.registry.listing.KeyListing} first.
 */
@NullMarked
package io.keylapse.registry.listing;

import org.jspecify.annotations.NullMarked;
