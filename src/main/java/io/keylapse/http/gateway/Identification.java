package io.keylapse.http.gateway;

import io.keylapse.check.KeyCheck;
import io.keylapse.check.Verdict;
import io.keylapse.http.gateway.PresentedKey.Presented;
import io.keylapse.key.KeyId;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import jakarta.inject.Singleton;

/**
 * Identifies the key that a holder sent with a request, active or not. It does so like {@code /check} and at the same cost,
 * and refuses unknown and malformed keys with the same response.
 */
@Singleton
public final class Identification {
    private final PresentedKey presentedKey;
    private final KeyCheck check;
    private final Refusal refusal;

    Identification(PresentedKey presentedKey, KeyCheck check, Refusal refusal) {
        this.presentedKey = presentedKey;
        this.check = check;
        this.refusal = refusal;
    }

    /** The result. */
    public sealed interface Identity {
        /** A key that was issued here. */
        record Known(KeyId id) implements Identity {}

        /** No such key, or no store could tell. */
        record Refused(HttpResponse<?> response) implements Identity {}
    }

    /** Identifies the key of a request. Blocks until the stores have answered. */
    public Identity of(HttpRequest<?> request) {
        Question question = CheckFilter.question(request);
        Verdict verdict = switch (presentedKey.in(question)) {
            case Presented.Nothing _ -> new Verdict.Missing();
            case Presented.Ambiguous _ -> new Verdict.Ambiguous();
            case Presented.Text(String text) ->
                check.identify(text).toCompletableFuture().join();
        };
        return switch (verdict) {
            case Verdict.Good good -> new Identity.Known(good.id());
            case Verdict.Expired expired -> new Identity.Known(expired.id());
            case Verdict.Revoked revoked -> new Identity.Known(revoked.id());
            case Verdict.Rotated rotated -> new Identity.Known(rotated.id());
            default -> new Identity.Refused(CheckFilter.respond(request, refusal.of(question, verdict)));
        };
    }
}
