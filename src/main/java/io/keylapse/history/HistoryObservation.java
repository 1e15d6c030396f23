package io.keylapse.history;

import java.time.Instant;

/**
 * What one look into Postgres showed.
 *
 * @param at when it was, by Postgres's clock
 * @param given the latest position that its sequence of changes has given out
 * @param remembers whether it knows the milestone that was known before the look
 */
public record HistoryObservation(HistoryPosition moment, Instant at, long given, boolean remembers) {}
