package io.keylapse.client;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What a gateway reads from the headers of a request, and what it removes before it passes the request on. It reads keys by
 * the rules of {@code /check}. Immutable.
 */
public final class CallerHeaders {
    /** Names of the identity headers, in lower case. */
    static final Set<String> IDENTITY =
            Set.of("x-consumer-id", "x-credential-identifier", "x-key-scopes", "x-key-expires-at", "x-key-expires-in");

    private static final String AUTHORIZATION = "Authorization";
    private static final String BEARER = "bearer ";
    private static final Pattern PREFIX = Pattern.compile("[A-Za-z0-9_]{1,16}");

    private final String keyHeader;
    private final String keyHeaderAlias;
    private final Pattern keyForm;

    /** For the service's defaults: the header {@code X-API-Key} and the prefix {@code kl}. */
    public CallerHeaders() {
        this("X-API-Key", Set.of("kl"));
    }

    /**
     * For other settings of the service.
     *
     * @param keyHeader {@code KEYLAPSE_GATEWAY_KEY_HEADER}
     * @param prefixes {@code KEYLAPSE_KEYS_PREFIX} and {@code KEYLAPSE_KEYS_FORMER_PREFIXES}
     * @throws IllegalArgumentException if one has another form
     */
    public CallerHeaders(String keyHeader, Collection<String> prefixes) {
        if (keyHeader.equalsIgnoreCase(AUTHORIZATION)) {
            throw new IllegalArgumentException("Authorization is read always, and is not the header of keys");
        }
        if (prefixes.isEmpty()
                || !prefixes.stream().allMatch(each -> PREFIX.matcher(each).matches())) {
            throw new IllegalArgumentException("a key prefix is 1 to 16 characters of A-Z, a-z, 0-9 and _");
        }
        this.keyHeader = CheckRequest.headerName(keyHeader);
        this.keyHeaderAlias = alias(keyHeader);
        this.keyForm =
                Pattern.compile("(?:" + prefixes.stream().collect(Collectors.joining("|")) + ")_[0-9A-Za-z]{36}");
    }

    /**
     * The keys that the caller presented, for {@link KeylapseClient#checkPresented}: none, one, or several different ones. A
     * bearer token counts if the key header is empty, or if the token has the form of a key.
     *
     * @param headers all values of a header, by its name in any case; empty if there is none
     */
    public List<String> keys(Function<String, ? extends Collection<String>> headers) {
        var found = new ArrayList<String>(2);
        headers.apply(keyHeader).forEach(value -> add(value, found));
        boolean bearersCount = found.isEmpty();
        for (String value : headers.apply(AUTHORIZATION)) {
            String token = bearerToken(value);
            if (bearersCount || hasForm(token)) {
                add(token, found);
            }
        }
        if (found.size() < 2) {
            return List.copyOf(found);
        }
        List<String> ours = found.stream().filter(this::hasForm).toList();
        return ours.isEmpty() ? List.of(found.get(0)) : ours;
    }

    /**
     * Whether a header of the caller may be passed on. Identity headers and the key may not, in any spelling that a backend
     * might read as the same name, such as {@code X_Consumer_ID}. A bearer token of another application may.
     *
     * @param keys what {@link #keys} found in the same request
     */
    public boolean mayPass(String name, String value, Collection<String> keys) {
        String alias = alias(name);
        if (IDENTITY.contains(alias) || alias.equals(keyHeaderAlias)) {
            return false;
        }
        if (!name.equalsIgnoreCase(AUTHORIZATION)) {
            return true;
        }
        String token = bearerToken(value);
        return !hasForm(token) && !keys.contains(token);
    }

    private static void add(String value, List<String> found) {
        String text = value.strip();
        if (!text.isEmpty() && !found.contains(text)) {
            found.add(text);
        }
    }

    private boolean hasForm(String text) {
        return keyForm.matcher(text).matches();
    }

    /** Empty if it is no bearer token. */
    private static String bearerToken(String authorization) {
        return authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())
                ? authorization.substring(BEARER.length()).strip()
                : "";
    }

    private static String alias(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[^0-9a-z]", "-");
    }
}
