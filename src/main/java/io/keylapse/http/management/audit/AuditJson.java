package io.keylapse.http.management.audit;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.keylapse.http.management.stream.ExportColumns;
import io.keylapse.http.management.stream.ExportColumns.Column;
import io.keylapse.key.input.Rfc3339;
import io.keylapse.registry.audit.AuditEntry;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The entry of the audit trail of the API. Null fields are absent. */
@JsonInclude(JsonInclude.Include.NON_NULL)
record AuditJson(
        String id,
        String at,
        int count,
        ActorJson actor,
        String action,
        @Nullable String target,
        List<String> changes,
        String outcome,
        @Nullable String code,
        @Nullable String address,
        @Nullable String requestId) {

    /** The columns of an export: what an entry has, flat. */
    static final ExportColumns<AuditJson> COLUMNS = new ExportColumns<>(List.of(
            new Column<>("id", AuditJson::id),
            new Column<>("at", AuditJson::at),
            new Column<>("count", entry -> Integer.toString(entry.count())),
            new Column<>("actorId", entry -> entry.actor().id()),
            new Column<>("actorName", entry -> entry.actor().name()),
            new Column<>("action", AuditJson::action),
            new Column<>("target", AuditJson::target),
            new Column<>("changes", entry -> String.join(" ", entry.changes())),
            new Column<>("outcome", AuditJson::outcome),
            new Column<>("code", AuditJson::code),
            new Column<>("address", AuditJson::address),
            new Column<>("requestId", AuditJson::requestId)));

    /** Who acted. Empty for a caller without a valid credential. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record ActorJson(@Nullable String id, @Nullable String name) {}

    static AuditJson of(AuditEntry entry) {
        return new AuditJson(
                entry.id().toString(),
                Rfc3339.format(entry.at()),
                entry.count(),
                new ActorJson(entry.actor(), entry.actorName()),
                entry.action(),
                entry.target(),
                entry.changes(),
                entry.code() == null ? "done" : "refused",
                entry.code(),
                entry.address(),
                entry.requestId());
    }
}
