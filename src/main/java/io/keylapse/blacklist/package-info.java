/**
 * Queries of the blacklist: which keys ended, when, why, and whose they were.
 *
 * <p>This package only reads. Packages {@code expiry} and {@code lifecycle} write the entries. Read {@link
 * io.keylapse.blacklist.BlacklistHistory} first.
 */
@NullMarked
package io.keylapse.blacklist;

import org.jspecify.annotations.NullMarked;
