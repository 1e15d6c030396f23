package io.keylapse.http.gateway.grpc;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.service.auth.v3.AttributeContext;
import io.envoyproxy.envoy.service.auth.v3.CheckRequest;
import io.keylapse.http.gateway.Answer;
import io.keylapse.http.gateway.GatewaySettings;
import io.keylapse.http.gateway.GatewaySettings.Instance;
import io.keylapse.http.gateway.Question;
import io.keylapse.key.KeyFormat;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a check needs from Envoy's request: the headers that may hold a key, and the scopes that the route demands.
 * The caller's path, query, body and own {@code X-Required-Scopes} do not affect the check.
 */
final class RequestReader {
    /** The key among the {@code context_extensions} of a route. */
    private static final String SCOPES = "scopes";

    /** Where {@link Question} finds the caller's path, for {@code instance} of a refusal. */
    private static final String FORWARDED_URI = "X-Forwarded-Uri";

    private static final String AUTHORIZATION = HttpHeaderNames.AUTHORIZATION.toString();

    /** What cannot be part of a key. */
    private static final Pattern NO_KEY = Pattern.compile("[^0-9A-Za-z_]+");

    private final KeyFormat format;
    private final String keyHeader;
    private final String scopesHeader;
    private final boolean tellsPath;
    private final Set<String> reserved;
    /** Headers of answers and of gateways, which a backend could take for ours. */
    private final Set<String> unread;

    RequestReader(KeyFormat format, GatewaySettings settings) {
        this.format = format;
        this.keyHeader = settings.keyHeader();
        this.scopesHeader = settings.scopesHeader();
        this.tellsPath = settings.instance() == Instance.FORWARDED;
        this.reserved = Stream.concat(Answer.IDENTITY.stream(), Stream.of(keyHeader))
                .map(RequestReader::asBackendsReadIt)
                .collect(Collectors.toUnmodifiableSet());
        this.unread = Set.copyOf(List.of(asBackendsReadIt("X-Key-Id"), asBackendsReadIt(scopesHeader)));
    }

    /**
     * A request.
     *
     * @param question what {@code /check} would be asked
     * @param alsoToRemove headers of the request that the backend must not get, besides the key header and those that
     *     identify the caller
     */
    record Asked(Question question, List<String> alsoToRemove) {}

    Asked read(CheckRequest request) {
        AttributeContext attributes = request.getAttributes();
        AttributeContext.HttpRequest http = attributes.getRequest().getHttp();
        var reading = new Reading();
        for (Map.Entry<String, String> header : http.getHeadersMap().entrySet()) {
            reading.add(header.getKey(), header.getValue());
        }
        // With encode_raw_headers, Envoy sends this list instead.
        for (HeaderValue header : http.getHeaderMap().getHeadersList()) {
            reading.add(
                    header.getKey(),
                    header.getRawValue().isEmpty()
                            ? header.getValue()
                            : header.getRawValue().toString(ISO_8859_1));
        }
        if (tellsPath) {
            reading.headers.add(FORWARDED_URI, http.getPath());
        }
        return reading.with(attributes.getContextExtensionsMap().get(SCOPES));
    }

    /** The headers of one request. */
    private final class Reading {
        private final HttpHeaders headers =
                DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
        private final List<String> alsoToRemove = new ArrayList<>(1);
        private boolean hasOwn;
        private boolean hasAuthorization;
        private boolean authorizationHoldsKey;

        void add(String name, String value) {
            if (name.equalsIgnoreCase(keyHeader)) {
                hasOwn |= !value.isBlank();
                addEach(keyHeader, value);
            } else if (name.equalsIgnoreCase(AUTHORIZATION)) {
                hasAuthorization = true;
                authorizationHoldsKey |= holdsKey(value);
                addEach(AUTHORIZATION, value);
            } else if (mustNotPass(name)) {
                alsoToRemove.add(name);
            }
        }

        /** Envoy joins the values of a repeated header with commas. A key contains none. */
        private void addEach(String name, String value) {
            int start = 0;
            for (int comma = value.indexOf(','); comma >= 0; comma = value.indexOf(',', start)) {
                headers.add(name, value.substring(start, comma).strip());
                start = comma + 1;
            }
            headers.add(name, value.substring(start).strip());
        }

        /** A token of another application stays, which can only be if the key is in its own header. */
        Asked with(@Nullable String scopes) {
            if (scopes != null) {
                headers.add(scopesHeader, scopes);
            }
            if (hasAuthorization && (authorizationHoldsKey || !hasOwn)) {
                alsoToRemove.add(AUTHORIZATION);
            }
            return new Asked(Question.of(Question.PATH, headers), alsoToRemove);
        }
    }

    private boolean holdsKey(String authorization) {
        return NO_KEY.splitAsStream(authorization).anyMatch(format::hasForm);
    }

    /** Whether backends could take this header for one of ours. Envoy's pseudo headers, such as {@code :path}, stay. */
    private boolean mustNotPass(String name) {
        if (name.startsWith(":")) {
            return false;
        }
        if (isPlain(name)) {
            return unread.contains(name.toLowerCase(Locale.ROOT));
        }
        String read = asBackendsReadIt(name);
        return unread.contains(read) || reserved.contains(read);
    }

    /** Whether backends read this name as no other. */
    private static boolean isPlain(String name) {
        for (int i = 0; i < name.length(); i++) {
            if (!isPlain(name.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isPlain(char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '-';
    }

    /** Many backends read {@code X_Consumer_ID} and {@code X.Consumer.ID} as the same header. */
    private static String asBackendsReadIt(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[^0-9a-z]", "-");
    }
}
