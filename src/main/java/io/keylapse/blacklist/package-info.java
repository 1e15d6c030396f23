/**
 * The history of endings as admins ask for it: what ended, when, why and whose.
 *
 * <p>Reads only; the entries are written where keys end. Read {@link io.keylapse.blacklist.BlacklistHistory} first.
 */
@NullMarked
package io.keylapse.blacklist;

import org.jspecify.annotations.NullMarked;
