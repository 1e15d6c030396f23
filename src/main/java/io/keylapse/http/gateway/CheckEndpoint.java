package io.keylapse.http.gateway;

import io.keylapse.check.KeyCheck;
import io.keylapse.check.Verdict;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.lifecycle.rules.KeyRules;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import jakarta.inject.Singleton;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The check endpoint, independent of the transport: turns a gateway's request into a response. */
@Singleton
public final class CheckEndpoint {
    private static final Logger LOG = LoggerFactory.getLogger(CheckEndpoint.class);

    private final PresentedKey presentedKey;
    private final KeyCheck check;
    private final GoodAnswers goodAnswers;
    private final Refusal refusal;
    private final String scopeParameter;
    private final String scopesField;
    private final AsciiString scopesHeader;
    private final StraySlash straySlash;
    private final boolean hintsAtCaching;

    CheckEndpoint(
            PresentedKey presentedKey,
            KeyCheck check,
            GoodAnswers goodAnswers,
            Refusal refusal,
            StraySlash straySlash,
            GatewaySettings settings) {
        this.presentedKey = presentedKey;
        this.check = check;
        this.goodAnswers = goodAnswers;
        this.refusal = refusal;
        this.straySlash = straySlash;
        this.hintsAtCaching = settings.cacheHint();
        this.scopeParameter = settings.scopeParameter();
        this.scopesField = settings.scopesHeader();
        this.scopesHeader = AsciiString.cached(scopesField);
    }

    /**
     * Answers a request, exactly once. Most requests are answered before this returns; the others later, on another thread.
     */
    public void answer(Question question, Consumer<Answer> gateway) {
        // Before the check: a key that ends after this may still be accepted.
        long knownUpTo = hintsAtCaching ? check.knownUpTo() : 0;
        CompletableFuture<Verdict> verdict;
        try {
            verdict = verdict(question).toCompletableFuture();
        } catch (InvalidInputException e) {
            gateway.accept(refusal.invalid(question, e));
            return;
        } catch (RuntimeException e) {
            gateway.accept(failed(question, e));
            return;
        }
        if (verdict.isDone() && !verdict.isCompletedExceptionally()) {
            gateway.accept(worded(question, verdict.join(), knownUpTo));
        } else {
            var _ = verdict.thenApply(found -> worded(question, found, knownUpTo))
                    .exceptionally(failure -> failed(question, failure))
                    .thenAccept(gateway);
        }
    }

    /** The response to a request that is not a check, on a listener for gateways. */
    public Answer nowhere(Question request) {
        return refusal.nowhere(request);
    }

    private CompletionStage<Verdict> verdict(Question question) {
        List<String> demanded = demandedScopes(question);
        return switch (presentedKey.in(question)) {
            case PresentedKey.Presented.Nothing _ ->
                CompletableFuture.completedFuture(check.count(new Verdict.Missing()));
            case PresentedKey.Presented.Ambiguous _ ->
                CompletableFuture.completedFuture(check.count(new Verdict.Ambiguous()));
            case PresentedKey.Presented.Text(String text) -> check.check(text, demanded);
        };
    }

    private Answer worded(Question question, Verdict verdict, long knownUpTo) {
        if (!(verdict instanceof Verdict.Good good)) {
            return refusal.of(question, verdict);
        }
        Answer answer = goodAnswers.of(good);
        return hintsAtCaching ? goodAnswers.withHint(answer, good, knownUpTo) : answer;
    }

    private Answer failed(Question question, Throwable failure) {
        LOG.error("failed to process a check", failure);
        return refusal.failed(question);
    }

    private List<String> demandedScopes(Question question) {
        List<String> fromQuery = scopes(scopeParameter, question.parameter(scopeParameter));
        if (question.hasStraySlash(scopeParameter)) {
            straySlash.seen(scopeParameter);
        }
        HttpHeaders headers = question.headers();
        Iterator<String> inHeader = headers.valueStringIterator(scopesHeader);
        if (!inHeader.hasNext()) {
            return fromQuery;
        }
        List<String> fromHeader = scopes(scopesField, headers.getAll(scopesHeader));
        return Stream.concat(fromQuery.stream(), fromHeader.stream()).distinct().toList();
    }

    private static List<String> scopes(String field, List<String> values) {
        if (values.isEmpty()) {
            return List.of();
        }
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
