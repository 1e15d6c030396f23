/**
 * Recording of expiries: from the deadline of a key to a row in the blacklist.
 *
 * <pre>
 * prompter ──touch──► Redis ──expired event──► listener ──► queue ──► recorder ──► blacklist
 *                                                    sweep (overdue keys) ───────────┘
 * </pre>
 *
 * <p><b>Design.</b> Checks need none of this: they compare the deadline with the clock. This package records expiries for
 * the blacklist and the notices. The fast path records milliseconds after the deadline. The prompter reads the keys that
 * expire within the next 2 seconds from Postgres and touches each in Redis just after its deadline; Redis deletes and
 * announces it; the recorder writes the announced keys in batches. Redis may lose announcements, so the sweep looks in
 * Postgres every 0.75 seconds for keys that are overdue by 0.75 seconds. When very many keys expire at once, they are recorded in the order of
 * deadlines and not by name.
 *
 * <p>Normally one node, the leader, prompts and records. Every node prompts keys that change within 2 seconds of their
 * deadline. If no node is subscribed to every primary, all lead. The sweep runs on every node.
 *
 * <p><b>Invariants.</b>
 *
 * <ul>
 *   <li>Each expiry is recorded once, however many nodes try: the recording statement locks the row and checks state and
 *       deadline.
 *   <li>Postgres's clock decides whether a key is due. A notification is a hint; one that comes early is queued again.
 *   <li>The sweep alone is sufficient. The prompter, the listener, the queue and the leader only make recording faster, and
 *       each may fail or drop keys.
 *   <li>The listener never blocks, and the queue is bounded.
 * </ul>
 *
 * <p><b>Where to start.</b> {@link io.keylapse.expiry.ExpiryRecorder}, then {@code ExpiryPrompter}, {@code ExpirySweep} and
 * {@code LeaderElection}. The recording statement is in {@code registry.ending.BlacklistTable}; decisions 20 and 23 have the
 * reasons.
 */
@NullMarked
package io.keylapse.expiry;

import org.jspecify.annotations.NullMarked;
