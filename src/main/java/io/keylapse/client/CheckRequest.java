package io.keylapse.client;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;

/** The headers of a request to {@code /check}. Nothing that a caller presents can change the request in another way. */
final class CheckRequest {
    private static final int MAX_KEYS = 2;
    private static final int MAX_SCOPES = 50;
    private static final int MAX_SCOPES_CHARACTERS = 2048;
    private static final Pattern SCOPE = Pattern.compile("[\\x21\\x23-\\x5B\\x5D-\\x7E]{1,128}");
    private static final Pattern HEADER_NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
    /** What may be sent as a key. Other characters and longer texts are never in a key, and could break the request. */
    private static final Pattern SENDABLE = Pattern.compile("[\\x21-\\x7E]{1,200}");
    /** Sent in place of a text that may not be sent. The service refuses both as KEY_MALFORMED. */
    private static final String STAND_IN = "malformed";

    private final String keyHeader;
    private final String scopesHeader;

    CheckRequest(String keyHeader, String scopesHeader) {
        this.keyHeader = keyHeader;
        this.scopesHeader = scopesHeader;
    }

    /** @throws IllegalArgumentException if it is no name of a header */
    static String headerName(String name) {
        if (!HEADER_NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("not a name of a header: \"" + name + "\"");
        }
        return name;
    }

    /**
     * The lines of the headers, with the empty line that ends them. Two keys are sent as two headers: the service refuses
     * them as ambiguous.
     *
     * @throws IllegalArgumentException if no key can have these scopes
     */
    String headers(List<String> keys, Collection<String> scopes) {
        check(scopes);
        var headers = new StringBuilder();
        keys.stream()
                .limit(MAX_KEYS)
                .map(key -> SENDABLE.matcher(key).matches() ? key : STAND_IN)
                .forEach(key ->
                        headers.append(keyHeader).append(": ").append(key).append("\r\n"));
        if (!scopes.isEmpty()) {
            headers.append(scopesHeader)
                    .append(": ")
                    .append(String.join(" ", scopes))
                    .append("\r\n");
        }
        return headers.append("\r\n").toString();
    }

    /** The headers and the body of a rotation by the holder of a key. */
    String rotation(String key, Duration grace) {
        String body = "{\"grace\":\"" + grace + "\"}";
        return keyLine(key) + "Content-Type: application/json\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
    }

    /** The headers of a request that shows a key to its holder. */
    String shown(String key) {
        return keyLine(key) + "\r\n";
    }

    private String keyLine(String key) {
        if (!SENDABLE.matcher(key).matches()) {
            throw new IllegalArgumentException("the text cannot be a key");
        }
        return keyHeader + ": " + key + "\r\nAccept: application/json\r\n";
    }

    private static void check(Collection<String> scopes) {
        int characters = 0;
        for (String scope : scopes) {
            if (!SCOPE.matcher(scope).matches()) {
                throw new IllegalArgumentException(
                        "not a scope token of RFC 6749 of at most 128 characters: \"" + scope + "\"");
            }
            characters += scope.length() + 1;
        }
        if (scopes.size() > MAX_SCOPES || characters > MAX_SCOPES_CHARACTERS) {
            throw new IllegalArgumentException(
                    "scopes must be at most " + MAX_SCOPES + ", and " + MAX_SCOPES_CHARACTERS + " characters together");
        }
    }
}
