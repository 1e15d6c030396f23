package io.keylapse.notice.webhook;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.keylapse.key.input.IsoDuration;
import io.keylapse.notice.Notice;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The body of a request to a webhook: {@code {"type", "timestamp", "data"}}, as Standard Webhooks advises. */
final class Payload {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** As everywhere else in the API: with milliseconds, also where they are none. */
    private static final DateTimeFormatter INSTANT =
            new DateTimeFormatterBuilder().appendInstant(3).toFormatter(Locale.ROOT);

    private Payload() {}

    /** What is told; {@code data.late} says that it should have been told earlier. */
    static String of(Notice notice, Instant now) {
        var data = new LinkedHashMap<String, Object>();
        data.put("keyId", notice.keyId().toString());
        data.put("owner", notice.owner());
        data.put("name", notice.name());
        data.put("hint", notice.hint());
        put(data, "expiresAt", text(notice.expiresAt()));
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

    /** What is told to see whether anybody listens. */
    static String test(Instant now) {
        return body("webhook.test", now, Map.of("detail", "Keylapse reaches this webhook."));
    }

    private static String body(String type, Instant timestamp, Map<String, Object> data) {
        var body = new LinkedHashMap<String, Object>();
        body.put("type", type);
        put(body, "timestamp", text(timestamp));
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

    private static @Nullable String text(@Nullable Instant instant) {
        return instant == null ? null : INSTANT.format(instant);
    }
}
