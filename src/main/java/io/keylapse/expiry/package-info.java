/**
 * Recording expiries: from a deadline to a row in the blacklist.
 *
 * <pre>
 * prompter ──touch──► Redis ──expired event──► listener ──► queue ──► recorder ──► blacklist
 *                                                   sweep (what was missed) ─────────┘
 * </pre>
 *
 * <p>Any number of nodes may do this at once: the recording statement is guarded, so each ending is written once. Read
 * {@link io.keylapse.expiry.ExpiryRecorder} first.
 */
@NullMarked
package io.keylapse.expiry;

import org.jspecify.annotations.NullMarked;
