package io.keylapse.campaign.log;

import java.time.Instant;
import java.util.Locale;

/**
 * Something that was broken for a while.
 *
 * @param store that it concerned; null when it concerned a service process
 * @param node whose process or whose connection to the store it concerned; {@link #ALL} for the store itself
 * @param from just before it was done
 * @param to just after all was well again, as seen from outside
 * @param lostSince from when on Postgres acknowledged what this fault may have lost; null when it lost nothing
 */
public record Fault(Kind kind, Store store, int node, Instant from, Instant to, Instant lostSince) {
    /** Every node. */
    public static final int ALL = -1;

    /** A fault by which Postgres lost nothing. */
    public Fault(Kind kind, Store store, int node, Instant from, Instant to) {
        this(kind, store, node, from, to, null);
    }

    /** Where the truth is kept. */
    public enum Store {
        REDIS,
        POSTGRES
    }

    /** What can be done to a process, a store or a wire. */
    public enum Kind {
        SERVICE_KILLED(true, false),
        SERVICE_PAUSED(true, false),
        NODE_VANISHED(true, false),
        MANAGEMENT_HOGGED(false, false),
        REDIS_KILLED(true, false),
        REDIS_PAUSED(true, false),
        REDIS_CLIENTS_KILLED(true, false),
        REDIS_FLUSHED(false, true),
        REDIS_FAILED_OVER(true, true),
        NOTIFICATIONS_OFF(false, false),
        POSTGRES_KILLED(true, false),
        POSTGRES_PAUSED(true, false),
        POSTGRES_HISTORY_LOST(true, false),
        BACKENDS_TERMINATED(true, false),
        WIRE_CUT(true, false),
        WIRE_SWALLOWS(true, false),
        WIRE_DELAYS(true, false),
        WIRE_DELIVERS_LATE(true, false),
        EXPIRY_BURST(false, false);

        private final boolean interrupts;
        private final boolean loses;

        Kind(boolean interrupts, boolean loses) {
            this.interrupts = interrupts;
            this.loses = loses;
        }
    }

    /** Whether nobody could count on the process or the store meanwhile. */
    public boolean interrupts() {
        return kind.interrupts;
    }

    /** Whether what Redis had acknowledged was lost. */
    public boolean loses() {
        return kind.loses;
    }

    /** Whether Postgres lost commits by it. */
    public boolean losesCommits() {
        return lostSince != null;
    }

    /** Whether Postgres may have lost what that change committed: it was made on the old primary, while its standby lagged. */
    public boolean mayHaveLost(Change change) {
        return losesCommits()
                && change.end().isAfter(lostSince)
                && change.start().isBefore(to);
    }

    /** Whether it concerned that node. */
    public boolean concerns(int other) {
        return node == ALL || node == other;
    }

    /** What happened to what, for people. */
    public String title() {
        String where =
                store == null ? "service " + node : words(store.name()) + (node == ALL ? "" : " of node " + node);
        return words(kind.name()) + " (" + where + ")";
    }

    /** A constant's name as words. */
    public static String words(String constant) {
        return constant.toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
