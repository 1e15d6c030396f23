package io.keylapse.http.management.selection;

import io.keylapse.http.Problem;
import io.keylapse.http.access.Audited;
import io.keylapse.http.access.ManagementGate;
import io.keylapse.http.access.audience.Needs;
import io.keylapse.http.management.Paging;
import io.keylapse.http.management.Query;
import io.keylapse.http.management.body.RequestJson;
import io.keylapse.http.management.stream.ExportFormat;
import io.keylapse.http.management.stream.ExportedList;
import io.keylapse.http.management.stream.Exports;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.key.input.PlainText;
import io.keylapse.lifecycle.RevokeKey;
import io.keylapse.lifecycle.rules.KeyRules;
import io.keylapse.notice.NoticeTable;
import io.keylapse.registry.audit.AuditAction;
import io.keylapse.registry.listing.KeySearch;
import io.keylapse.registry.listing.OwnerListing;
import io.keylapse.registry.listing.OwnerListing.Summary;
import io.keylapse.registry.sql.page.Cursor;
import io.keylapse.registry.sql.page.Page;
import io.keylapse.security.management.Permission;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Produces;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Endpoints for owners. An owner exists only through its keys. */
@Controller("/v1/owners")
@ExecuteOn(TaskExecutors.BLOCKING)
final class OwnersController {
    /** The owners that an export reads at a time: of each it counts up to {@value OwnerListing#COUNTED_IN_LISTS} keys. */
    private static final int EXPORTED = 100;

    private final OwnerListing owners;
    private final NoticeTable notices;
    private final RevokeKey revokeKey;
    private final RequestJson json;
    private final Exports exports;

    OwnersController(OwnerListing owners, NoticeTable notices, RevokeKey revokeKey, RequestJson json, Exports exports) {
        this.owners = owners;
        this.notices = notices;
        this.revokeKey = revokeKey;
        this.json = json;
        this.exports = exports;
    }

    record Revoked(int revoked) {}

    record RevokeRequest(@Nullable String reason) {}

    @Get
    @Produces(MediaType.ALL)
    @Needs(Permission.READ_KEYS)
    HttpResponse<?> list(HttpRequest<?> request) {
        var query = new Query(request, Set.of("q", "cursor", "limit"));
        String part = query.parsed("q", Optional::of, "");
        if (part != null) {
            PlainText.complaint(part, KeySearch.MAX_CHARACTERS).ifPresent(complaint -> {
                throw new InvalidInputException("q", complaint);
            });
        }
        @Nullable String wanted = part == null ? null : part.strip();
        @Nullable Cursor cursor = query.cursor();
        int limit = query.limit();
        ExportFormat format = ExportFormat.accepted(request);
        return format == ExportFormat.JSON
                ? Paging.respond(request, page(wanted, cursor, limit)).contentType(MediaType.APPLICATION_JSON_TYPE)
                : exports.answer(
                        request,
                        ExportedList.OWNERS,
                        format,
                        OwnerJson.COLUMNS,
                        cursor,
                        at -> page(wanted, at, EXPORTED));
    }

    private Page<OwnerJson> page(@Nullable String part, @Nullable Cursor cursor, int limit) {
        return owners.page(part, cursor, limit).map(OwnerJson::listed);
    }

    @Get("/{owner}")
    @Needs(Permission.READ_KEYS)
    HttpResponse<?> get(HttpRequest<?> request, String owner) {
        var _ = new Query(request, Set.of());
        KeyRules.checkStoredOwner(owner);
        Optional<Summary> found = owners.find(owner);
        if (found.isEmpty()) {
            return Problem.of(request, HttpStatus.NOT_FOUND, "NOT_FOUND", "No key was issued to this owner.")
                    .response();
        }
        var last = notices.page(new NoticeTable.Filter(owner, null, null, null, null), null, 1).items().stream()
                .findFirst();
        return HttpResponse.ok(OwnerJson.of(found.get(), last.orElse(null)));
    }

    @Post("/{owner}/revoke")
    @Needs(Permission.MANAGE_KEYS)
    @Audited(AuditAction.OWNER_REVOKE)
    Revoked revoke(HttpRequest<?> request, String owner) {
        var wanted = json.read(request, RevokeRequest.class, new RevokeRequest(null));
        return new Revoked(revokeKey.revokeAll(owner, wanted.reason(), ManagementGate.actorOf(request)));
    }
}
