package io.keylapse.campaign.log;

import java.time.Instant;
import java.util.Locale;

/**
 * One injected fault.
 *
 * @param store the affected store; null for a service process
 * @param node the node whose process or connection to the store is affected; {@link #ALL} for the store itself
 * @param from just before the fault
 * @param to just after everything was healthy again, as seen from outside
 * @param lostSince Postgres acknowledged commits from this instant on that the fault may have lost; null if it lost
 *     nothing
 */
public record Fault(Kind kind, Store store, int node, Instant from, Instant to, Instant lostSince) {
    /** Every node. */
    public static final int ALL = -1;

    /** A fault that loses no commits of Postgres. */
    public Fault(Kind kind, Store store, int node, Instant from, Instant to) {
        this(kind, store, node, from, to, null);
    }

    /** The stores. */
    public enum Store {
        REDIS,
        POSTGRES
    }

    /** The kinds of faults of a process, a store or a wire. */
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

    /** Whether the process or the store was unavailable meanwhile. */
    public boolean interrupts() {
        return kind.interrupts;
    }

    /** Whether Redis lost acknowledged writes. */
    public boolean loses() {
        return kind.loses;
    }

    /** Whether Postgres lost commits. */
    public boolean losesCommits() {
        return lostSince != null;
    }

    /** Whether Postgres may have lost this change: it was made on the old primary while the standby lagged. */
    public boolean mayHaveLost(Change change) {
        return losesCommits()
                && change.end().isAfter(lostSince)
                && change.start().isBefore(to);
    }

    /** Whether it affected that node. */
    public boolean concerns(int other) {
        return node == ALL || node == other;
    }

    /** The fault and its target, for people. */
    public String title() {
        String where =
                store == null ? "service " + node : words(store.name()) + (node == ALL ? "" : " of node " + node);
        return words(kind.name()) + " (" + where + ")";
    }

    /** The name of a constant as words. */
    public static String words(String constant) {
        return constant.toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
