package io.keylapse.http.gateway;

import io.keylapse.check.CheckSettings;
import io.keylapse.check.Verdict;
import io.keylapse.http.HeaderText;
import io.keylapse.key.input.Rfc3339;
import io.keylapse.registry.watch.PostgresClock;
import io.micronaut.http.HttpStatus;
import io.netty.util.AsciiString;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The response for a valid key. It is cached with the verdict, for as long as the near cache keeps that. */
@Singleton
final class GoodAnswers {
    static final AsciiString CACHE_CONTROL = AsciiString.cached("Cache-Control");
    static final AsciiString NO_STORE = AsciiString.cached("no-store");

    private static final AsciiString X_CONSUMER_ID = AsciiString.cached("X-Consumer-ID");
    private static final AsciiString X_CREDENTIAL_IDENTIFIER = AsciiString.cached("X-Credential-Identifier");
    private static final AsciiString X_KEY_SCOPES = AsciiString.cached("X-Key-Scopes");
    private static final AsciiString X_KEY_EXPIRES_AT = AsciiString.cached("X-Key-Expires-At");

    private static final AsciiString X_KEY_EXPIRES_IN = AsciiString.cached("X-Key-Expires-In");

    private static final AsciiString X_KEY_CACHE_FOR = AsciiString.cached("X-Key-Cache-For");

    private final @Nullable Duration warnWithin;
    private final Duration staleAfter;
    private final PostgresClock clock;
    private final Function<Verdict.Good, Answer> words = this::make;

    GoodAnswers(GatewaySettings settings, CheckSettings check, PostgresClock clock) {
        this.warnWithin = settings.warnWithin();
        this.staleAfter = check.staleAfter();
        this.clock = clock;
    }

    Answer of(Verdict.Good verdict) {
        return verdict.worded(words);
    }

    /**
     * The same response with {@code X-Key-Cache-For}. A caller that reuses it for so long accepts the key no longer than the
     * bound on revocations and the deadline allow. Without the header if nothing is left, as on a node that is stale.
     *
     * @param knownUpTo the {@link System#nanoTime} up to which the check knew all changes
     */
    Answer withHint(Answer answer, Verdict.Good good, long knownUpTo) {
        Duration left = staleAfter.minusNanos(System.nanoTime() - knownUpTo);
        Instant expiresAt = good.expiresAt();
        if (expiresAt != null) {
            Duration toDeadline = Duration.between(clock.instant(), expiresAt);
            left = toDeadline.compareTo(left) < 0 ? toDeadline : left;
        }
        long millis = left.toMillis();
        return millis < 1 ? answer : answer.with(X_KEY_CACHE_FOR, Long.toString(millis));
    }

    private Answer make(Verdict.Good good) {
        var headers = new ArrayList<CharSequence>(List.of(
                CACHE_CONTROL,
                NO_STORE,
                X_CONSUMER_ID,
                new AsciiString(HeaderText.encode(good.owner())),
                X_CREDENTIAL_IDENTIFIER,
                new AsciiString(good.id().toString()),
                X_KEY_SCOPES,
                new AsciiString(good.scopes().stream().map(HeaderText::encode).collect(Collectors.joining(" ")))));
        if (good.expiresAt() != null) {
            headers.add(X_KEY_EXPIRES_AT);
            headers.add(new AsciiString(Rfc3339.format(good.expiresAt())));
            warn(good.expiresAt(), headers);
        }
        return new Answer(HttpStatus.OK, List.copyOf(headers), "", good);
    }

    /**
     * Whole seconds left when the response was made. A cached response shows too many by its age: 2 seconds at most, unless
     * {@code keylapse.check.near-cache.max-age} is longer.
     */
    private void warn(Instant expiresAt, List<CharSequence> headers) {
        if (warnWithin != null) {
            Duration left = Duration.between(clock.instant(), expiresAt);
            if (left.compareTo(warnWithin) <= 0) {
                headers.add(X_KEY_EXPIRES_IN);
                headers.add(new AsciiString(Long.toString(Math.max(0, left.toSeconds()))));
            }
        }
    }
}
