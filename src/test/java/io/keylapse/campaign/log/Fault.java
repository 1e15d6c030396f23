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
 */
public record Fault(Kind kind, Store store, int node, Instant from, Instant to) {
    /** Every node. */
    public static final int ALL = -1;

    /** Where the truth is kept. */
    public enum Store {
        REDIS,
        POSTGRES
    }

    /** What can be done to a process, a store or a wire. */
    public enum Kind {
        SERVICE_KILLED(true, false),
        SERVICE_PAUSED(true, false),
        REDIS_KILLED(true, false),
        REDIS_PAUSED(true, false),
        REDIS_CLIENTS_KILLED(true, false),
        REDIS_FLUSHED(false, true),
        REDIS_FAILED_OVER(true, true),
        NOTIFICATIONS_OFF(false, false),
        POSTGRES_KILLED(true, false),
        POSTGRES_PAUSED(true, false),
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
