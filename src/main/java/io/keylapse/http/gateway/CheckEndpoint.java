package io.keylapse.http.gateway;

import io.keylapse.check.KeyCheck;
import io.keylapse.check.Verdict;
import io.keylapse.http.HeaderText;
import io.keylapse.http.Rfc3339;
import io.keylapse.key.InvalidInputException;
import io.keylapse.lifecycle.rules.KeyRules;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpMethod;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.RequestFilter;
import io.micronaut.http.annotation.ServerFilter;
import io.micronaut.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;

/**
 * Answers {@code /check} and everything below it, by whatever method.
 *
 * <p>A filter and not a controller, because forward-auth proxies pass the method and path of the request that they ask
 * about, and no route matches all methods.
 */
@ServerFilter({"/check", "/check/**"})
final class CheckEndpoint {
    static final String PATH = "/check";

    private final PresentedKey presentedKey;
    private final KeyCheck check;
    private final Refusal refusal;
    private final GatewaySettings settings;
    private final JsonMapper json;

    CheckEndpoint(
            PresentedKey presentedKey, KeyCheck check, Refusal refusal, GatewaySettings settings, JsonMapper json) {
        this.presentedKey = presentedKey;
        this.check = check;
        this.refusal = refusal;
        this.settings = settings;
        this.json = json;
    }

    @RequestFilter
    CompletionStage<HttpResponse<?>> answer(HttpRequest<?> request) {
        // Below /check the query is that of the request asked about, and means nothing here.
        // Whatever else leads here, such as //check, is taken for /check itself, so that no demand is overlooked.
        boolean exactly = !request.getUri().getRawPath().startsWith(PATH + "/");
        List<String> demanded = demandedScopes(request, exactly);
        CompletionStage<Verdict> verdict = switch (presentedKey.in(request, exactly)) {
            case PresentedKey.Presented.Nothing _ ->
                CompletableFuture.completedStage(check.count(new Verdict.Missing()));
            case PresentedKey.Presented.Ambiguous _ ->
                CompletableFuture.completedStage(check.count(new Verdict.Ambiguous()));
            case PresentedKey.Presented.Text(String text) -> check.check(text, demanded);
        };
        return verdict.thenApply(found -> respond(request, found));
    }

    private HttpResponse<?> respond(HttpRequest<?> request, Verdict verdict) {
        MutableHttpResponse<?> response =
                verdict instanceof Verdict.Good good ? good(good) : refusal.of(request, verdict);
        return request.getMethod() == HttpMethod.HEAD ? withLength(response) : response;
    }

    /** Says how long the answer to GET would be: without that, Micronaut closes the connection after a HEAD. */
    private MutableHttpResponse<?> withLength(MutableHttpResponse<?> response) {
        try {
            Object body = response.body();
            return response.contentLength(body == null ? 0 : json.writeValueAsBytes(body).length);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static MutableHttpResponse<?> good(Verdict.Good good) {
        MutableHttpResponse<?> response = HttpResponse.ok()
                .header(HttpHeaders.CACHE_CONTROL, "no-store")
                .header("X-Consumer-ID", HeaderText.encode(good.owner()))
                .header("X-Credential-Identifier", good.id().toString())
                .header(
                        "X-Key-Scopes",
                        String.join(
                                " ",
                                good.scopes().stream().map(HeaderText::encode).toList()));
        Instant expiresAt = good.expiresAt();
        return expiresAt == null ? response : response.header("X-Key-Expires-At", Rfc3339.format(expiresAt));
    }

    private List<String> demandedScopes(HttpRequest<?> request, boolean exactly) {
        List<String> fromQuery = exactly ? scopes("scope", CheckQuery.values(request, "scope")) : List.of();
        List<String> fromHeader =
                scopes(settings.scopesHeader(), request.getHeaders().getAll(settings.scopesHeader()));
        return Stream.concat(fromQuery.stream(), fromHeader.stream()).distinct().toList();
    }

    private static List<String> scopes(String field, List<String> values) {
        List<String> scopes = values.stream()
                .flatMap(value -> Stream.of(value.split(" ")))
                .filter(scope -> !scope.isEmpty())
                .distinct()
                .toList();
        KeyRules.complaintAboutScopes(scopes).ifPresent(complaint -> {
            throw new InvalidInputException(field, complaint);
        });
        return scopes;
    }
}
