/**
 * When keys are used: accepted by a check, or refused after their end.
 *
 * <p><b>Design.</b> A check notes its verdict in memory and does nothing else:
 *
 * <pre>
 * check ──► UsageMemory ──► UsageWriter ──► UsageTable
 *            (bounded)      (once a minute)  (key_usage, key_refusal)
 * </pre>
 *
 * <p>A node that may have lost a use, such as one whose memory was full, moves {@code usageKnownSince} to now; see {@link
 * io.keylapse.registry.usage.RecorderTable}. Decision 40 has the reasons.
 */
@NullMarked
package io.keylapse.registry.usage;

import org.jspecify.annotations.NullMarked;
