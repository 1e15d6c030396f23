package io.keylapse.http.management.selection;

import io.keylapse.http.access.Audited;
import io.keylapse.http.access.ManagementGate;
import io.keylapse.http.access.audience.Needs;
import io.keylapse.http.management.KeyRequests;
import io.keylapse.http.management.body.RequestJson;
import io.keylapse.http.management.selection.BulkChange.Change;
import io.keylapse.key.KeyId;
import io.keylapse.lifecycle.ChangeOutcome;
import io.keylapse.lifecycle.RenewKey;
import io.keylapse.lifecycle.RevokeKey;
import io.keylapse.lifecycle.rules.Deadline;
import io.keylapse.lifecycle.rules.KeyRules;
import io.keylapse.lifecycle.rules.LifecycleSettings;
import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.KeyTerm;
import io.keylapse.registry.audit.Actor;
import io.keylapse.registry.audit.AuditAction;
import io.keylapse.registry.sql.Postgres;
import io.keylapse.security.management.Permission;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Post;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.util.Optional;

/** Revokes or renews all keys of a selection: given ids, or a filter. */
@Controller("/v1")
@ExecuteOn(TaskExecutors.BLOCKING)
@Needs(Permission.MANAGE_KEYS)
final class BulkController {
    private final BulkChange bulk;
    private final RevokeKey revokeKey;
    private final RenewKey renewKey;
    private final Postgres postgres;
    private final LifecycleSettings settings;
    private final RequestJson json;

    BulkController(
            BulkChange bulk,
            RevokeKey revokeKey,
            RenewKey renewKey,
            Postgres postgres,
            LifecycleSettings settings,
            RequestJson json) {
        this.bulk = bulk;
        this.revokeKey = revokeKey;
        this.renewKey = renewKey;
        this.postgres = postgres;
        this.settings = settings;
        this.json = json;
    }

    @Post("/keys:revoke")
    @Audited(AuditAction.KEY_REVOKE)
    BulkJson revoke(HttpRequest<?> request) {
        var wanted = json.readBatch(request, BulkRequests.Revoke.class);
        KeyRules.checkReason(wanted.reason());
        Actor by = ManagementGate.actorOf(request);
        return bulk.run(wanted, new Change() {
            @Override
            public Optional<KeyTerm> preview(KeyRecord key) {
                return Optional.of(revokeKey.preview(key));
            }

            @Override
            public ChangeOutcome apply(KeyId key) {
                return revokeKey.revoke(key, wanted.reason(), by);
            }
        });
    }

    @Post("/keys:renew")
    @Audited(AuditAction.KEY_RENEW)
    BulkJson renew(HttpRequest<?> request) {
        var wanted = json.readBatch(request, BulkRequests.Renew.class);
        Deadline deadline = KeyRequests.deadline(wanted.ttl(), wanted.expiresAt());
        // The same for all keys, so a deadline that breaks a rule is refused before any key is changed.
        var _ = deadline.resolve(postgres.now(), settings);
        Actor by = ManagementGate.actorOf(request);
        return bulk.run(wanted, new Change() {
            @Override
            public Optional<KeyTerm> preview(KeyRecord key) {
                return renewKey.preview(key, deadline);
            }

            @Override
            public ChangeOutcome apply(KeyId key) {
                return renewKey.renew(key, deadline, by);
            }
        });
    }
}
