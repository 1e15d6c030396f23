package io.keylapse.notice.webhook;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.keylapse.key.input.IsoDuration;
import io.keylapse.key.input.Rfc3339;
import io.keylapse.notice.Notice;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The body of a request to a webhook: {@code {"type", "timestamp", "data"}}, as Standard Webhooks recommends. */
final class Payload {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Payload() {}

    /** The payload of a notice. {@code data.late} is true if the notice is overdue. */
    static String of(Notice notice, Instant now) {
        var data = new LinkedHashMap<String, Object>();
        data.put("keyId", notice.keyId().toString());
        data.put("owner", notice.owner());
        data.put("name", notice.name());
        data.put("hint", notice.hint());
        put(data, "expiresAt", Rfc3339.formatNullable(notice.expiresAt()));
        put(data, "leadTime", notice.leadTime() == null ? null : IsoDuration.format(notice.leadTime()));
        put(
                data,
                "successorId",
                notice.successorId() == null ? null : notice.successorId().toString());
        put(data, "detail", notice.detail());
        if (notice.isLateAt(now)) {
            data.put("late", true);
        }
        return body(notice.kind().type(), notice.dueAt(), data);
    }

    /** The payload of a test call. */
    static String test(Instant now) {
        return body("webhook.test", now, Map.of("detail", "This is a test call from Keylapse."));
    }

    private static String body(String type, Instant timestamp, Map<String, Object> data) {
        var body = new LinkedHashMap<String, Object>();
        body.put("type", type);
        body.put("timestamp", Rfc3339.format(timestamp));
        body.put("data", data);
        try {
            return JSON.writeValueAsString(body);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void put(Map<String, Object> members, String name, @Nullable Object value) {
        if (value != null) {
            members.put(name, value);
        }
    }
}
