package io.keylapse.app.self;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The calls for key holders. No redirect is followed, so that the key is sent to no other address. */
final class SelfApi implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(15);
    private static final int MAX_BYTES = 256 * 1024;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    private final String base;

    /** @param base an http or https URL */
    SelfApi(String base) {
        this.base = base.replaceFirst("/+$", "");
    }

    /**
     * A response.
     *
     * @param body its JSON
     */
    record Answer(int status, JsonNode body) {
        /** Whether the response is final. Otherwise a retry may get a different one. */
        boolean isFinal() {
            return status < 500 && body.isObject();
        }

        /** A member as text; null if it is absent. */
        @Nullable
        String text(String member) {
            return body.path(member).asText(null);
        }

        /** What the service said, for people. */
        String words() {
            return "HTTP " + status + (body.has("code") ? " " + text("code") + ": " + text("detail") : "");
        }
    }

    Answer show(String key) throws IOException, InterruptedException {
        return send(request(key, "/v1/self").GET());
    }

    /** @param ttl null for the lifetime that the key was issued with */
    Answer rotate(String key, Duration grace, @Nullable Duration ttl) throws IOException, InterruptedException {
        ObjectNode body = JSON.createObjectNode().put("grace", grace.toString());
        if (ttl != null) {
            body.put("ttl", ttl.toString());
        }
        return send(request(key, "/v1/self/rotate")
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body.toString(), UTF_8)));
    }

    private HttpRequest.Builder request(String key, String path) {
        return HttpRequest.newBuilder(URI.create(base + path))
                .timeout(TIMEOUT)
                .header("Accept", "application/json")
                .header("Authorization", "Bearer " + key);
    }

    private Answer send(HttpRequest.Builder request) throws IOException, InterruptedException {
        HttpResponse<InputStream> response = http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream body = response.body()) {
            JsonNode read = JSON.readTree(body.readNBytes(MAX_BYTES));
            return new Answer(response.statusCode(), read == null ? JSON.missingNode() : read);
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
