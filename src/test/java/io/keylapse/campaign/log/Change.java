package io.keylapse.campaign.log;

import java.time.Duration;
import java.time.Instant;

/**
 * One call that changes a key. A successful rotation is logged twice: as the end of the old key, and as the issue of
 * its successor.
 *
 * @param version in the response; 0 if there was none
 * @param deadline in the response, or requested if there was no response; null for a revocation and a rotation
 * @param grace of a rotation; otherwise null
 * @param enforced whether the response said that Redis has the change
 */
public record Change(
        Kind kind,
        Key key,
        int node,
        Instant start,
        Instant end,
        Outcome outcome,
        int version,
        Instant deadline,
        Duration grace,
        boolean enforced) {

    /** The requested change. */
    public enum Kind {
        ISSUE,
        RENEW,
        ROTATE,
        REVOKE
    }

    /** The outcome: certainly made, certainly not made, or permanently unknown. */
    public enum Outcome {
        OK,
        FAILED,
        UNKNOWN
    }

    /** Whether the change was certainly made. */
    public boolean ok() {
        return outcome == Outcome.OK;
    }

    /** This change with another outcome. */
    public Change as(Outcome other) {
        return new Change(kind, key, node, start, end, other, version, deadline, grace, enforced);
    }

    /** Whether only a revocation can follow. */
    public boolean isLast() {
        return kind == Kind.ROTATE || kind == Kind.REVOKE;
    }

    /** Whether this change certainly took effect before the other one, if it took effect at all. */
    public boolean precedes(Change other) {
        boolean byVersion = version > 0 && other.version > version;
        return ok() && (byVersion || !end.isAfter(other.start));
    }

    @Override
    public String toString() {
        return "%s .. %s node %d %s %s -> %s v%d deadline %s%s%s"
                .formatted(
                        start,
                        end,
                        node,
                        kind,
                        key,
                        outcome,
                        version,
                        deadline,
                        grace == null ? "" : " grace " + grace,
                        enforced ? " applied" : " pending");
    }
}
