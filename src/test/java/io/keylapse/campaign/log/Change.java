package io.keylapse.campaign.log;

import java.time.Duration;
import java.time.Instant;

/**
 * One call that was to change a key. A rotation is logged twice when it succeeded: as the end of the old key, and as the
 * issue of its successor.
 *
 * @param version that was answered; 0 when none was
 * @param deadline that was answered, or asked for when there was no answer; null for a revocation and a rotation
 * @param grace of a rotation; otherwise null
 * @param enforced whether the answer said that Redis has it
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

    /** What was asked for. */
    public enum Kind {
        ISSUE,
        RENEW,
        ROTATE,
        REVOKE
    }

    /** What became of it: done for sure, not done for sure, or nobody knows, not even later. */
    public enum Outcome {
        OK,
        FAILED,
        UNKNOWN
    }

    /** Whether it was done for sure. */
    public boolean ok() {
        return outcome == Outcome.OK;
    }

    /** The same with another outcome. */
    public Change as(Outcome other) {
        return new Change(kind, key, node, start, end, other, version, deadline, grace, enforced);
    }

    /** Whether nothing but a revocation can follow it. */
    public boolean isLast() {
        return kind == Kind.ROTATE || kind == Kind.REVOKE;
    }

    /** Whether it surely took effect before that one, if that one did at all. */
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
