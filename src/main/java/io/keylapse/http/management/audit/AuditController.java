package io.keylapse.http.management.audit;

import io.keylapse.audit.AuditFilter;
import io.keylapse.audit.AuditFilter.Outcome;
import io.keylapse.audit.AuditHistory;
import io.keylapse.http.access.Needs;
import io.keylapse.http.management.Paging;
import io.keylapse.http.management.Query;
import io.keylapse.registry.audit.AuditAction;
import io.keylapse.registry.audit.AuditEntry;
import io.keylapse.registry.sql.HeavyRead;
import io.keylapse.registry.sql.page.Cursor;
import io.keylapse.registry.sql.page.Page;
import io.keylapse.security.Permission;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The audit trail: who changed what, and who was refused. */
@Controller("/v1/audit")
@ExecuteOn(TaskExecutors.BLOCKING)
@Needs(Permission.READ_AUDIT)
final class AuditController {
    private static final Pattern ACTOR = Pattern.compile("mgmt_[0-9A-Za-z]{22}|(key|link):key_[0-9A-Za-z]{22}");

    private final AuditHistory history;

    AuditController(AuditHistory history) {
        this.history = history;
    }

    @Get
    HttpResponse<?> list(HttpRequest<?> request) {
        var query = new Query(request, Set.of("actor", "action", "target", "outcome", "from", "to", "cursor", "limit"));
        var filter = new AuditFilter(
                query.parsed("actor", AuditController::actor, "must be mgmt_..., key:key_... or link:key_..."),
                query.parsed("action", AuditAction::parse, "must be an action such as key.revoke"),
                query.parsed("target", Optional::of, ""),
                query.parsed("outcome", AuditController::outcome, "must be done or refused"),
                query.instant("from"),
                query.instant("to"));
        return Paging.respond(request, page(filter, query.cursor(), query.limit()), AuditJson::of);
    }

    private Page<AuditEntry> page(AuditFilter filter, @Nullable Cursor cursor, int limit) {
        return AuditHistory.isHeavy(filter)
                ? HeavyRead.of(
                        "from",
                        "ask for a shorter time between from and to",
                        () -> history.newestFirst(filter, cursor, limit))
                : history.newestFirst(filter, cursor, limit);
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
