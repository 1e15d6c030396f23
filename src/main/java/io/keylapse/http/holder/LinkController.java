package io.keylapse.http.holder;

import io.keylapse.http.Problem;
import io.keylapse.http.access.Audited;
import io.keylapse.http.access.ClientAddress;
import io.keylapse.http.access.ManagementGate;
import io.keylapse.http.access.audience.ForAnybody;
import io.keylapse.http.management.body.RequestJson;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.lifecycle.ChangeOutcome;
import io.keylapse.lifecycle.RenewKey;
import io.keylapse.notice.link.HolderLinks;
import io.keylapse.notice.link.LinkToken;
import io.keylapse.registry.KeyTable;
import io.keylapse.registry.audit.Actor;
import io.keylapse.registry.audit.AuditAction;
import io.keylapse.security.GuessLimit;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Post;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Endpoints for the links in mails: show the key, and renew it once. The token in the body is the credential. Only
 * a genuine one reaches Postgres; others count towards the limit of guesses of their address.
 */
@Controller("/v1/self/link")
@ExecuteOn(TaskExecutors.BLOCKING)
@ForAnybody
final class LinkController {
    private final HolderLinks links;
    private final KeyTable keys;
    private final RenewKey renewKey;
    private final SelfResponses responses;
    private final GuessLimit guesses;
    private final ClientAddress clientAddress;
    private final RequestJson json;

    LinkController(
            HolderLinks links,
            KeyTable keys,
            RenewKey renewKey,
            SelfResponses responses,
            GuessLimit guesses,
            ClientAddress clientAddress,
            RequestJson json) {
        this.links = links;
        this.keys = keys;
        this.renewKey = renewKey;
        this.responses = responses;
        this.guesses = guesses;
        this.clientAddress = clientAddress;
        this.json = json;
    }

    record Show(@Nullable String token) {}

    record Renew(@Nullable String token, @Nullable String ttl) {}

    @Post
    HttpResponse<?> show(HttpRequest<?> request) {
        var wanted = json.readWithLink(request, Show.class);
        return withLink(
                request,
                wanted.token(),
                link -> keys.find(link.key())
                        .filter(key -> links.stands(link, key))
                        .<MutableHttpResponse<?>>map(responses::showToLink)
                        .orElseGet(() -> expired(request)));
    }

    @Post("/renew")
    @Audited(AuditAction.KEY_RENEW)
    HttpResponse<?> renew(HttpRequest<?> request) {
        var wanted = json.readWithLink(request, Renew.class);
        @Nullable Duration ttl = SelfController.duration("ttl", wanted.ttl());
        return withLink(
                request,
                wanted.token(),
                link -> renewKey.renewByLink(link.key(), ttl, key -> links.useUp(link, key), actor(request, link))
                                instanceof ChangeOutcome.Done done
                        ? responses.showToLink(done.key())
                        : expired(request));
    }

    private Actor actor(HttpRequest<?> request, LinkToken link) {
        return ManagementGate.actorByLink(request, link.key(), clientAddress.of(request));
    }

    private HttpResponse<?> withLink(
            HttpRequest<?> request, @Nullable String token, Function<LinkToken, MutableHttpResponse<?>> answer) {
        if (token == null) {
            throw new InvalidInputException("token", "is required");
        }
        return links.verify(token)
                .<MutableHttpResponse<?>>map(answer)
                .orElseGet(() -> notGenuine(request))
                .header(HttpHeaders.CACHE_CONTROL, "no-store");
    }

    private MutableHttpResponse<?> notGenuine(HttpRequest<?> request) {
        Optional<Duration> wait = guesses.bad(clientAddress.of(request));
        return wait.<MutableHttpResponse<?>>map(left -> Problem.of(
                                request,
                                HttpStatus.TOO_MANY_REQUESTS,
                                "TOO_MANY_BAD_CREDENTIALS",
                                "Too many invalid credentials came from this address. A valid link still works.")
                        .response()
                        .header(HttpHeaders.RETRY_AFTER, Long.toString(left.toSeconds() + 1)))
                .orElseGet(() -> Problem.of(
                                request,
                                HttpStatus.UNAUTHORIZED,
                                "LINK_INVALID",
                                "This link is invalid. Open the whole link from the mail, or use the key itself.")
                        .response());
    }

    private static MutableHttpResponse<?> expired(HttpRequest<?> request) {
        return Problem.of(
                        request,
                        HttpStatus.GONE,
                        "LINK_EXPIRED",
                        "This link has been used or has expired. Use the newest mail about this key, or the key itself.")
                .response();
    }
}
