package io.keylapse.client;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Result of a check. Only {@link Good} lets a request pass. The others are {@link Rejection}s, which hold the response for
 * the caller.
 */
public sealed interface CheckResult {
    /**
     * The key is valid and has all required scopes.
     *
     * @param owner owner of the key, decoded
     * @param keyId public id of the key
     * @param scopes scopes of the key, decoded
     * @param expiresAt deadline of the key; null when it never expires
     * @param expiresIn time left until the deadline, in whole seconds; null unless the service warns of this deadline
     * @param headers identity headers for a backend, such as {@code X-Consumer-ID}, percent-encoded as the service sends
     *     them; names in any case
     */
    record Good(
            String owner,
            String keyId,
            List<String> scopes,
            @Nullable Instant expiresAt,
            @Nullable Duration expiresIn,
            Map<String, String> headers)
            implements CheckResult {
        public Good {
            scopes = List.copyOf(scopes);
            headers = inAnyCase(headers);
        }
    }

    /** The request must not pass. This is the response for its caller. */
    sealed interface Rejection extends CheckResult {
        /** Status of the response: 401, 403 or 503. */
        int status();

        /** Stable code of the reason, such as {@code KEY_EXPIRED}. */
        String code();

        /** Headers of the response, without those of the connection; names in any case. */
        Map<String, String> headers();

        /** Body of the response: a problem (RFC 9457) as JSON, to be sent as UTF-8. */
        String body();
    }

    /**
     * The service refused the key. Status, headers and body are those of the service.
     *
     * @param status 401, or 403 if the key is valid but lacks a scope
     * @param keyId public id of the key; null when it is not known
     * @param expiredAt when the key expired; null for other reasons
     * @param renewUrl where the owner can renew an expired key, decoded; null when there is none
     * @param successorId id of the key that replaced this one; null when there is none
     */
    record Refused(
            int status,
            String code,
            Map<String, String> headers,
            String body,
            @Nullable String keyId,
            @Nullable Instant expiredAt,
            @Nullable String renewUrl,
            @Nullable String successorId)
            implements Rejection {
        public Refused {
            headers = inAnyCase(headers);
        }
    }

    /**
     * The key could not be checked. It never means that the key is invalid.
     *
     * @param retryAfter when the caller may try again: 1 second unless a node said otherwise
     * @param why what each node that was asked did, for a log; contains no keys
     */
    record Unavailable(Duration retryAfter, String why) implements Rejection {
        static final Duration USUAL_PAUSE = Duration.ofSeconds(1);

        private static final String BODY = "{\"type\":\"urn:keylapse:problem:store-unavailable\","
                + "\"title\":\"Service Unavailable\",\"status\":503,"
                + "\"detail\":\"This API key cannot be checked right now. Try again in a second.\","
                + "\"instance\":\"/check\",\"code\":\"STORE_UNAVAILABLE\"}";

        @Override
        public int status() {
            return 503;
        }

        @Override
        public String code() {
            return "STORE_UNAVAILABLE";
        }

        @Override
        public Map<String, String> headers() {
            return inAnyCase(Map.of(
                    "Content-Type", "application/problem+json",
                    "Cache-Control", "no-store",
                    "X-Content-Type-Options", "nosniff",
                    "X-Key-Code", code(),
                    "Retry-After", Long.toString(retryAfter.toSeconds())));
        }

        @Override
        public String body() {
            return BODY;
        }
    }

    private static Map<String, String> inAnyCase(Map<String, String> headers) {
        var copy = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
        copy.putAll(headers);
        return Collections.unmodifiableMap(copy);
    }
}
