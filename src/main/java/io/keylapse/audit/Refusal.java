package io.keylapse.audit;

import io.keylapse.registry.audit.Actor;
import io.keylapse.registry.audit.AuditAction;
import io.keylapse.registry.audit.AuditEntry;
import io.keylapse.registry.audit.AuditId;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Refused calls that get one entry of the audit trail. Guarded by {@link Refusals}. */
final class Refusal {
    private final @Nullable Actor actor;
    private final @Nullable String address;
    private final @Nullable String requestId;
    private final AuditAction action;
    private final @Nullable String target;
    private final long since;
    private String code;
    private int count = 1;
    private int recorded;
    private @Nullable AuditId id;
    private @Nullable Instant at;

    /**
     * The first of these calls.
     *
     * @param since when it was refused, by {@link System#nanoTime}
     */
    Refusal(
            @Nullable Actor actor,
            @Nullable String address,
            @Nullable String requestId,
            AuditAction action,
            @Nullable String target,
            String code,
            long since) {
        this.actor = actor;
        this.address = address;
        this.requestId = requestId;
        this.action = action;
        this.target = target;
        this.code = code;
        this.since = since;
    }

    /** Counts another call. */
    void count(String latestCode) {
        count = Math.addExact(count, 1);
        code = latestCode;
    }

    long since() {
        return since;
    }

    /** Whether there are calls that are not recorded yet. */
    boolean isDue() {
        return recorded < count;
    }

    Snapshot snapshot() {
        return new Snapshot(this, count, code);
    }

    /** The calls up to now, to be recorded. */
    record Snapshot(Refusal refusal, int count, String code) {
        /** The entry. Its time is that of the first call, by Postgres's clock. */
        AuditEntry entry(Instant now, long nanoTimeOfNow) {
            return refusal.entry(this, now.minusNanos(nanoTimeOfNow - refusal.since));
        }

        /** Call it once the entry is committed. */
        void recorded() {
            refusal.recorded = count;
        }
    }

    private AuditEntry entry(Snapshot snapshot, Instant first) {
        Instant begun = at == null ? Instant.ofEpochMilli(first.toEpochMilli()) : at;
        AuditId entry = id == null ? AuditId.generate(begun) : id;
        at = begun;
        id = entry;
        return new AuditEntry(
                entry,
                begun,
                snapshot.count,
                actor == null ? null : actor.id(),
                actor == null ? null : actor.name(),
                action.word(),
                target,
                List.of(),
                snapshot.code,
                address,
                requestId);
    }
}
