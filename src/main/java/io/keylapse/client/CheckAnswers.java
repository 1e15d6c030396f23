package io.keylapse.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.keylapse.client.AnswerReader.Answer;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Turns the response of a node into a result. A response that {@code /check} does not give is no result. */
final class CheckAnswers {
    private static final String PROBLEM = "application/problem+json";
    private static final Pattern KEY_ID = Pattern.compile("key_[0-9A-Za-z]{1,64}");
    private static final Pattern CODE = Pattern.compile("[A-Z][A-Z_]{1,63}");
    private static final Pattern SECONDS = Pattern.compile("[0-9]{1,9}");
    /** Within a JSON string, quotes are escaped. So this finds only a member. */
    private static final Pattern SUCCESSOR =
            Pattern.compile("[{,]\\s*\"successorId\"\\s*:\\s*\"(key_[0-9A-Za-z]{1,64})\"");

    private CheckAnswers() {}

    /**
     * The result that a response holds.
     *
     * @param demanded the scopes that were demanded. A valid key without one of them is no result, so that a scopes header
     *     which the node does not know never opens anything
     * @throws NoResultException if it holds none
     */
    static CheckResult result(Answer answer, Collection<String> demanded) throws NoResultException {
        return switch (answer.status()) {
            case 200 -> good(answer, demanded);
            case 401, 403 -> refused(answer);
            default -> {
                String retryAfter = answer.headers().getOrDefault("Retry-After", "");
                throw new NoResultException(
                        "status " + answer.status(),
                        SECONDS.matcher(retryAfter).matches() ? Duration.ofSeconds(Long.parseLong(retryAfter)) : null);
            }
        };
    }

    private static CheckResult.Good good(Answer answer, Collection<String> demanded) throws NoResultException {
        Map<String, String> headers = answer.headers();
        var scopes = new ArrayList<String>();
        for (String scope : required(headers, "X-Key-Scopes").split(" ", -1)) {
            if (!scope.isEmpty()) {
                scopes.add(decoded(scope));
            }
        }
        String owner = decoded(required(headers, "X-Consumer-ID"));
        if (answer.body().length > 0 || owner.isEmpty()) {
            throw new NoResultException("a 200 that is not the answer to a check");
        }
        if (!scopes.containsAll(demanded)) {
            throw new NoResultException("a valid key without a required scope: does the node know the scopes header?");
        }
        String expiresIn = headers.get("X-Key-Expires-In");
        return new CheckResult.Good(
                owner,
                matching(KEY_ID, required(headers, "X-Credential-Identifier")),
                scopes,
                instant(headers.get("X-Key-Expires-At")),
                expiresIn == null ? null : Duration.ofSeconds(Long.parseLong(matching(SECONDS, expiresIn))),
                only(headers, CallerHeaders.IDENTITY::contains));
    }

    private static CheckResult.Refused refused(Answer answer) throws NoResultException {
        Map<String, String> headers = answer.headers();
        String code = matching(CODE, required(headers, "X-Key-Code"));
        String body = text(answer.body());
        if (!required(headers, "Content-Type").equalsIgnoreCase(PROBLEM)
                || required(headers, "WWW-Authenticate").isEmpty()
                || !body.startsWith("{")
                || !body.contains("\"" + code + "\"")) {
            throw new NoResultException("a " + answer.status() + " that is not the answer to a check");
        }
        String keyId = headers.get("X-Key-Id");
        String renewUrl = headers.get("X-Key-Renew-Url");
        Matcher successor = SUCCESSOR.matcher(body);
        return new CheckResult.Refused(
                answer.status(),
                code,
                only(headers, CheckAnswers::isOfRefusals),
                body,
                keyId == null ? null : matching(KEY_ID, keyId),
                instant(headers.get("X-Key-Expired-At")),
                renewUrl == null ? null : decoded(renewUrl),
                successor.find() ? successor.group(1) : null);
    }

    private static boolean isOfRefusals(String lowerCaseName) {
        return lowerCaseName.startsWith("x-key-")
                || lowerCaseName.equals("content-type")
                || lowerCaseName.equals("cache-control")
                || lowerCaseName.equals("www-authenticate")
                || lowerCaseName.equals("x-content-type-options");
    }

    private static Map<String, String> only(Map<String, String> headers, Predicate<String> lowerCaseName) {
        var some = new LinkedHashMap<String, String>();
        headers.forEach((name, value) -> {
            if (lowerCaseName.test(name.toLowerCase(Locale.ROOT))) {
                some.put(name, value);
            }
        });
        return some;
    }

    private static String required(Map<String, String> headers, String name) throws NoResultException {
        String value = headers.get(name);
        if (value == null) {
            throw new NoResultException("a response without " + name);
        }
        return value;
    }

    private static String matching(Pattern form, String text) throws NoResultException {
        if (!form.matcher(text).matches()) {
            throw new NoResultException("a response with a malformed header");
        }
        return text;
    }

    private static @Nullable Instant instant(@Nullable String text) throws NoResultException {
        try {
            return text == null ? null : Instant.parse(text);
        } catch (DateTimeException e) {
            throw new NoResultException("a response with a malformed instant");
        }
    }

    /** Decodes percent-encoded UTF-8. */
    private static String decoded(String text) throws NoResultException {
        if (text.indexOf('%') < 0) {
            return text;
        }
        var bytes = new ByteArrayOutputStream(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '%') {
                bytes.write(c);
                continue;
            }
            int high = i + 2 < text.length() ? Character.digit(text.charAt(i + 1), 16) : -1;
            int low = i + 2 < text.length() ? Character.digit(text.charAt(i + 2), 16) : -1;
            if (high < 0 || low < 0) {
                throw new NoResultException("a response with malformed percent-encoding");
            }
            bytes.write(high * 16 + low);
            i += 2;
        }
        return text(bytes.toByteArray());
    }

    private static String text(byte[] utf8) throws NoResultException {
        try {
            return UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
        } catch (CharacterCodingException e) {
            throw new NoResultException("a response that is not UTF-8");
        }
    }
}
