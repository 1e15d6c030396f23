package io.keylapse.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.keylapse.client.AnswerReader.Answer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the responses of {@code /v1/self/rotate} mean. */
final class RotationAnswers {
    private RotationAnswers() {}

    private static String member(String name, String json) {
        // Quotation marks within values are escaped, so this can only be a member.
        Matcher found =
                Pattern.compile("\"" + name + "\":\"([!-~&&[^\"\\\\]]+)\"").matcher(json);
        return found.find() ? found.group(1) : "";
    }

    /** @throws NoResultException if the response says neither */
    static RotationResult result(Answer answer) throws NoResultException {
        String json = new String(answer.body(), UTF_8);
        if (answer.status() == 201 && !member("key", json).isEmpty()) {
            return new RotationResult.Rotated(member("key", json));
        }
        if (answer.status() >= 400 && answer.status() < 500) {
            return new RotationResult.Refused(answer.status(), member("code", json));
        }
        throw new NoResultException("status " + answer.status());
    }
}
