package io.keylapse.gateways.replay;

import io.keylapse.gateways.wire.Caller;
import io.keylapse.gateways.wire.HttpMessage;
import io.keylapse.gateways.wire.HttpMessage.Field;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;

/** Changes of requests and answers that gateways make. */
final class Messages {
    private static final Set<String> OF_THE_CONNECTION =
            Set.of("connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "proxy-connection");

    private Messages() {}

    static HttpMessage message(String start, List<Field> fields, String body) {
        return new HttpMessage(start, List.copyOf(fields), body, List.of());
    }

    static HttpMessage without(HttpMessage message, String name) {
        return message(
                message.start(),
                message.fields().stream()
                        .filter(each -> !each.name().equalsIgnoreCase(name))
                        .toList(),
                message.body());
    }

    /** The message with this header, and no other of that name. */
    static HttpMessage with(HttpMessage message, String name, String value) {
        var fields = new ArrayList<>(without(message, name).fields());
        fields.add(new Field(name, value));
        return message(message.start(), fields, message.body());
    }

    /** The message without headers that have other characters in their names than these. */
    static HttpMessage withNames(HttpMessage message, String pattern) {
        return message(
                message.start(),
                message.fields().stream()
                        .filter(each -> each.name().matches(pattern))
                        .toList(),
                message.body());
    }

    static HttpMessage withoutThoseOfTheConnection(HttpMessage message) {
        HttpMessage changed = message;
        for (String name : OF_THE_CONNECTION) {
            changed = without(changed, name);
        }
        return changed;
    }

    static HttpMessage withTarget(HttpMessage request, String target) {
        return message(request.method() + " " + target + " HTTP/1.1", request.fields(), request.body());
    }

    /** Asks one node after the other, as many as that, until one gives an answer that counts; empty if none did. */
    static Optional<HttpMessage> ask(List<Integer> ports, int attempts, HttpMessage request, IntPredicate counts) {
        Optional<HttpMessage> last = Optional.empty();
        for (int i = 0; i < attempts; i++) {
            try {
                last = Optional.of(Caller.exchange(
                        ports.get(i % ports.size()),
                        with(request, "Connection", "close").head()));
                if (counts.test(last.orElseThrow().status())) {
                    return last;
                }
            } catch (IOException e) {
                // The next one is asked.
            }
        }
        return last;
    }
}
