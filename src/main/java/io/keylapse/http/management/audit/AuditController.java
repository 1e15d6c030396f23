package io.keylapse.http.management.audit;

import io.keylapse.audit.AuditFilter;
import io.keylapse.audit.AuditFilter.Outcome;
import io.keylapse.audit.AuditHistory;
import io.keylapse.http.access.audience.Needs;
import io.keylapse.http.management.Paging;
import io.keylapse.http.management.Query;
import io.keylapse.http.management.stream.ExportFormat;
import io.keylapse.http.management.stream.ExportedList;
import io.keylapse.http.management.stream.Exports;
import io.keylapse.registry.audit.AuditAction;
import io.keylapse.registry.sql.HeavyRead;
import io.keylapse.registry.sql.page.Cursor;
import io.keylapse.registry.sql.page.Page;
import io.keylapse.security.management.Permission;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Produces;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The audit trail: who changed what, and whose calls were refused. */
@Controller("/v1/audit")
@ExecuteOn(TaskExecutors.BLOCKING)
@Needs(Permission.READ_AUDIT)
final class AuditController {
    private static final Pattern ACTOR = Pattern.compile("mgmt_[0-9A-Za-z]{22}|(key|link):key_[0-9A-Za-z]{22}");

    /** The page that an export reads and holds at a time: about 1 MB. */
    private static final int EXPORTED = 2_000;

    private final AuditHistory history;
    private final Exports exports;

    AuditController(AuditHistory history, Exports exports) {
        this.history = history;
        this.exports = exports;
    }

    @Get
    @Produces(MediaType.ALL)
    HttpResponse<?> list(HttpRequest<?> request) {
        var query = new Query(request, Set.of("actor", "action", "target", "outcome", "from", "to", "cursor", "limit"));
        var filter = new AuditFilter(
                query.parsed("actor", AuditController::actor, "must be mgmt_..., key:key_... or link:key_..."),
                query.parsed("action", AuditAction::parse, "must be an action such as key.revoke"),
                query.parsed("target", Optional::of, ""),
                query.parsed("outcome", AuditController::outcome, "must be done or refused"),
                query.instant("from"),
                query.instant("to"));
        Cursor cursor = query.cursor();
        int limit = query.limit();
        ExportFormat format = ExportFormat.accepted(request);
        return format == ExportFormat.JSON
                ? Paging.respond(request, page(filter, cursor, limit)).contentType(MediaType.APPLICATION_JSON_TYPE)
                : exports.answer(
                        request,
                        ExportedList.AUDIT,
                        format,
                        AuditJson.COLUMNS,
                        cursor,
                        at -> read(filter, at, EXPORTED));
    }

    private Page<AuditJson> page(AuditFilter filter, @Nullable Cursor cursor, int limit) {
        return AuditHistory.isHeavy(filter)
                ? HeavyRead.of("from", ExportedList.AUDIT.advice(), () -> read(filter, cursor, limit))
                : read(filter, cursor, limit);
    }

    private Page<AuditJson> read(AuditFilter filter, @Nullable Cursor cursor, int limit) {
        return history.newestFirst(filter, cursor, limit).map(AuditJson::of);
    }

    private static Optional<String> actor(String text) {
        return Optional.of(text).filter(ACTOR.asMatchPredicate());
    }

    private static Optional<Outcome> outcome(String word) {
        return switch (word) {
            case "done" -> Optional.of(Outcome.DONE);
            case "refused" -> Optional.of(Outcome.REFUSED);
            default -> Optional.empty();
        };
    }
}
