package io.keylapse.http.management;

import com.fasterxml.jackson.databind.JsonNode;
import io.keylapse.http.access.Audited;
import io.keylapse.http.access.ManagementGate;
import io.keylapse.http.access.audience.Needs;
import io.keylapse.http.management.body.RequestJson;
import io.keylapse.http.management.body.StrictJson;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.key.input.InvalidInputException.Violation;
import io.keylapse.lifecycle.IssueKeyBatch;
import io.keylapse.lifecycle.IssueKeyBatch.Part;
import io.keylapse.lifecycle.rules.NewKey;
import io.keylapse.registry.audit.AuditAction;
import io.keylapse.security.management.Permission;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Post;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.util.List;
import java.util.function.Supplier;

/** Issues many keys in one call. An invalid item does not prevent the others from being issued. */
@Controller("/v1/keys:batch")
@ExecuteOn(TaskExecutors.BLOCKING)
final class BatchController {
    private final IssueKeyBatch issueKeys;
    private final RequestJson json;

    BatchController(IssueKeyBatch issueKeys, RequestJson json) {
        this.issueKeys = issueKeys;
        this.json = json;
    }

    /** The results in the order of the request, each a {@link KeyJson} or a {@link Refused}. */
    record Results(List<Object> results) {}

    /** The problem with one item. Its fields are named as in a request for a single key. */
    record Refused(int status, String code, String detail, List<Violation> errors) {}

    @Post
    @Needs(Permission.MANAGE_KEYS)
    @Audited(AuditAction.KEY_ISSUE)
    Results issue(HttpRequest<?> request) {
        if (request.getHeaders().contains(KeysController.IDEMPOTENCY_KEY)) {
            throw new InvalidInputException(
                    KeysController.IDEMPOTENCY_KEY, "is not supported for batches: a repeat would issue other keys");
        }
        List<Supplier<NewKey>> wanted = json.readBatch(request, KeyRequests.Batch.class).items().stream()
                .map(BatchController::wanted)
                .toList();
        List<Part> parts = issueKeys.issue(wanted, ManagementGate.actorOf(request));
        return new Results(parts.stream().map(BatchController::show).toList());
    }

    private static Supplier<NewKey> wanted(JsonNode item) {
        return () -> StrictJson.convert("item", item, KeyRequests.Issue.class).toNewKey();
    }

    private static Object show(Part part) {
        return switch (part) {
            case Part.Made made ->
                KeyJson.of(
                        made.issued().key(),
                        made.issued().secret().reveal(),
                        made.issued().enforcement());
            case Part.Refused refused ->
                new Refused(
                        400,
                        "INVALID_REQUEST",
                        "This key was not issued because some fields are invalid. See errors.",
                        refused.why().violations());
        };
    }
}
