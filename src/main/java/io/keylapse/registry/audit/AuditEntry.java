package io.keylapse.registry.audit;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An entry of the audit trail.
 *
 * @param count how many keys or refused calls it stands for
 * @param actor {@code mgmt_...} or {@code key:...}; null if the caller had no valid credential
 * @param actorName the actor's name at that time
 * @param target the id of what was changed, or the name of an owner; null if there is none
 * @param changes the names of the changed fields
 * @param code the error code of a refused call; null for one that was done
 * @param address the client address; of several calls, that of the first
 */
public record AuditEntry(
        AuditId id,
        Instant at,
        int count,
        @Nullable String actor,
        @Nullable String actorName,
        String action,
        @Nullable String target,
        List<String> changes,
        @Nullable String code,
        @Nullable String address,
        @Nullable String requestId) {
    public AuditEntry {
        changes = List.copyOf(changes);
    }
}
