package io.keylapse.http.oauth;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.keylapse.key.input.InvalidInputException;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.MediaType;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.List;

/**
 * The form that an OAuth client sends. Parameters other than {@code token}, such as {@code token_type_hint}, are ignored, as
 * RFC 7009 and RFC 7662 allow; so is the query.
 */
final class TokenForm {
    private static final String TOKEN = "token";

    private TokenForm() {}

    static boolean is(HttpRequest<?> request) {
        return request.getContentType()
                .filter(type -> type.matches(MediaType.APPLICATION_FORM_URLENCODED_TYPE))
                .isPresent();
    }

    /** @throws InvalidInputException if there is none, or more than one */
    static String token(byte[] body) {
        List<String> tokens;
        try {
            tokens = new QueryStringDecoder(new String(body, UTF_8), false)
                    .parameters()
                    .getOrDefault(TOKEN, List.of());
        } catch (IllegalArgumentException notEncoded) {
            throw new InvalidInputException(
                    "body", "must be URL-encoded: % must be followed by two hexadecimal digits");
        }
        if (tokens.isEmpty() || tokens.getFirst().isBlank()) {
            throw new InvalidInputException(TOKEN, "is required");
        }
        if (tokens.size() > 1) {
            throw new InvalidInputException(TOKEN, "must be given once");
        }
        return tokens.getFirst().strip();
    }
}
