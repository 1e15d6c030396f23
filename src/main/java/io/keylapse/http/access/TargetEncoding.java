package io.keylapse.http.access;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.keylapse.http.RequestTarget;
import io.keylapse.key.input.InvalidInputException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import org.jspecify.annotations.Nullable;

/** The rule that the target of a management call is percent-encoded UTF-8. */
final class TargetEncoding {
    private TargetEncoding() {}

    /**
     * Invalid UTF-8 would be decoded to U+FFFD, and the request would then read or revoke something else than the caller
     * meant.
     */
    static void check(RequestTarget target) {
        var violations = new InvalidInputException.Collector();
        if (!isUtf8(target.path())) {
            violations.add("path", "must be percent-encoded UTF-8");
        }
        if (!isUtf8(target.query())) {
            violations.add("query", "must be percent-encoded UTF-8");
        }
        violations.throwIfAny();
    }

    private static boolean isUtf8(@Nullable String encoded) {
        if (encoded == null) {
            return true;
        }
        var bytes = new ByteArrayOutputStream(encoded.length());
        for (int i = 0; i < encoded.length(); i++) {
            char c = encoded.charAt(i);
            if (c > 0x7F) {
                return false;
            }
            if (c == '%') {
                int high = i + 2 < encoded.length() ? Character.digit(encoded.charAt(++i), 16) : -1;
                int low = high < 0 ? -1 : Character.digit(encoded.charAt(++i), 16);
                if (low < 0) {
                    return false;
                }
                bytes.write(high << 4 | low);
            } else {
                bytes.write(c);
            }
        }
        try {
            UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes.toByteArray()));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }
}
