package io.keylapse.http.gateway;

import io.keylapse.key.KeyFormat;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.util.AsciiString;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** Finds the key in a gateway's request. */
@Singleton
final class PresentedKey {
    private static final String BEARER = "bearer ";

    private final KeyFormat format;
    private final GatewaySettings settings;
    private final AsciiString header;

    PresentedKey(KeyFormat format, GatewaySettings settings) {
        this.format = format;
        this.settings = settings;
        this.header = AsciiString.cached(settings.keyHeader());
    }

    /** The key that was found, if any. */
    sealed interface Presented {
        record Nothing() implements Presented {}

        record Ambiguous() implements Presented {}

        record Text(String text) implements Presented {}
    }

    Presented in(Question question) {
        var found = new ArrayList<String>(2);
        addOwn(question, found);
        addBearers(question, found);
        return switch (found.size()) {
            case 0 -> new Presented.Nothing();
            case 1 -> new Presented.Text(found.getFirst());
            default -> amongSeveral(found);
        };
    }

    /** What to write instead of a common mistake, as a sentence after a blank; empty if the request has none. */
    String hint(Question question) {
        return switch (in(question)) {
            case Presented.Text(String text)
            when text.regionMatches(true, 0, BEARER, 0, BEARER.length()) ->
                " The value begins with Bearer. Send the key alone in this header.";
            case Presented.Nothing _
            when hasKeyWithoutScheme(question) ->
                " The key in Authorization lacks the scheme. Write Bearer and a space before it.";
            default -> "";
        };
    }

    /** Whether Authorization has a key that does not follow Bearer. */
    private boolean hasKeyWithoutScheme(Question question) {
        return question.headers().getAll(HttpHeaderNames.AUTHORIZATION).stream()
                .map(String::strip)
                .anyMatch(value -> format.hasForm(value.substring(value.lastIndexOf(' ') + 1)));
    }

    private void addOwn(Question question, List<String> found) {
        question.headers().valueStringIterator(header).forEachRemaining(value -> add(value, found));
        String parameter = settings.queryParameter();
        if (parameter != null) {
            question.parameter(parameter).forEach(value -> add(value, found));
        }
    }

    private void addBearers(Question question, List<String> found) {
        Iterator<String> values = question.headers().valueStringIterator(HttpHeaderNames.AUTHORIZATION);
        boolean alone = found.isEmpty();
        while (values.hasNext()) {
            String value = values.next();
            if (value.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
                String text = value.substring(BEARER.length()).strip();
                // If the key header has a key, a bearer token may belong to another system.
                if (alone || format.hasForm(text)) {
                    add(text, found);
                }
            }
        }
    }

    private Presented amongSeveral(List<String> found) {
        List<String> ours = found.stream().filter(format::hasForm).toList();
        return switch (ours.size()) {
            case 0 -> new Presented.Text(found.getFirst());
            case 1 -> new Presented.Text(ours.getFirst());
            default -> new Presented.Ambiguous();
        };
    }

    /** Ignores an empty value, and a repeated one. */
    private static void add(String value, List<String> found) {
        String text = value.strip();
        if (!text.isEmpty() && !found.contains(text)) {
            found.add(text);
        }
    }
}
