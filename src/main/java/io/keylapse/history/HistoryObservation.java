package io.keylapse.history;

import java.time.Instant;

/**
 * State of Postgres as one query saw it.
 *
 * @param moment position of Postgres in its history
 * @param at when it was observed, by Postgres's clock
 * @param given latest value of the sequence of changes
 * @param remembers whether Postgres has the latest milestone that this node had seen before
 */
public record HistoryObservation(HistoryPosition moment, Instant at, long given, boolean remembers) {}
