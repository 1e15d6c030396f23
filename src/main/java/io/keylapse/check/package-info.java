/**
 * The hot path: check of a key.
 *
 * <p><b>Design.</b> Each step either decides or passes the key on:
 *
 * <pre>
 * near cache ──► form and checksum ──► Redis ──► negative cache ──► Postgres ──► Redis, if it was skipped
 *  (≤ 2 s)                                         (10 s)
 * </pre>
 *
 * <p>Postgres decides. Redis and both caches only repeat what Postgres said, while it is certain that this still holds:
 * version floors and the epoch invalidate near cache entries, trust covers Redis, and the change feed covers the negative
 * cache. What is not certain is a miss and goes to Postgres.
 *
 * <p>Each way to a store is bounded. Redis has a command timeout; look-ups in Postgres share one query per key, are limited
 * in number, and are rate limited for keys that a trusted Redis does not have. A circuit breaker for each store skips it
 * while it fails.
 *
 * <p><b>Invariants.</b>
 *
 * <ul>
 *   <li>No thread of the caller blocks. The stage never fails and always completes with a {@link
 *       io.keylapse.check.Verdict}.
 *   <li>A key is accepted only before its deadline, by the clock of Postgres.
 *   <li>Within one history, once this node has acknowledged or read a change, it accepts no older version of the key.
 *   <li>A missing answer of a store is never a refusal. If neither store can answer, the verdict is {@code
 *       STORE_UNAVAILABLE}.
 *   <li>A node that has not read the changes for {@code keylapse.check.stale-after} asks Postgres about every valid key.
 *       If Postgres does not answer, {@code keylapse.check.when-stale} decides.
 *   <li>The caches do not keep the text of a key.
 * </ul>
 *
 * <p><b>Where to start.</b> {@link io.keylapse.check.KeyCheck} has the steps. Then read {@code NearCache}, {@code
 * RedisReader}, {@code NegativeCache}, and {@code PostgresFallback}. A new limit on look-ups in
 * Postgres belongs to {@code PostgresFallback}; a limit on all checks belongs where {@code http.gateway.CheckEndpoint} has
 * the verdict. Decisions 15 and 21 have the reasons.
 */
@NullMarked
package io.keylapse.check;

import org.jspecify.annotations.NullMarked;
