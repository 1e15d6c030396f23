package io.keylapse.harness;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

/** An HTTP client of a node. It checks each response against {@code openapi.yaml}. */
public final class Client {
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final ObjectMapper JSON = new ObjectMapper();

    private final int port;
    private final String credential;
    private final boolean checksContract;

    Client(int port, String credential) {
        this(port, credential, true);
    }

    private Client(int port, String credential, boolean checksContract) {
        this.port = port;
        this.credential = credential;
        this.checksContract = checksContract;
    }

    /** A client of that port, for example of a node in another process. */
    public static Client of(int port, String credential) {
        return new Client(port, credential);
    }

    /** This client without the check against {@code openapi.yaml}, for example for a node of another version. */
    public Client unchecked() {
        return new Client(port, credential, false);
    }

    /** A response. */
    @SuppressWarnings("ArrayRecordComponent") // never compared as a record
    public record Answer(int status, HttpHeaders headers, byte[] bytes) {
        public String body() {
            return new String(bytes, UTF_8);
        }

        public JsonNode json() {
            try {
                return JSON.readTree(bytes);
            } catch (IOException e) {
                throw new AssertionError("not JSON: " + body(), e);
            }
        }

        /** A member of the JSON body as text; null if it is absent. */
        public String text(String member) {
            JsonNode value = json().get(member);
            return value == null ? null : value.asText();
        }

        public String header(String name) {
            return headers.firstValue(name).orElse(null);
        }
    }

    public Answer get(String path, String... headers) {
        return send("GET", path, null, headers);
    }

    public Answer post(String path, String json, String... headers) {
        return send("POST", path, json, with(headers, "Content-Type", "application/json"));
    }

    public Answer patch(String path, String json) {
        return send("PATCH", path, json, "Content-Type", "application/json");
    }

    public Answer delete(String path) {
        return send("DELETE", path, null);
    }

    /** Checks a key like a gateway. */
    public Answer check(String key) {
        return send("GET", "/check", null, "X-API-Key", key);
    }

    /** Issues a key, which must succeed. */
    public Answer issue(String json) {
        Answer answer = post("/v1/keys", json);
        if (answer.status() != 201) {
            throw new AssertionError("not issued: " + answer.status() + " " + answer.body());
        }
        return answer;
    }

    /** Issues a key of this owner with that lifetime, which must succeed. */
    public Answer issue(String owner, Duration ttl) {
        return issue("{\"owner\":%s,\"name\":\"test\",\"ttl\":\"%s\"}".formatted(quote(owner), ttl));
    }

    /** A text as a JSON string. */
    public static String quote(String text) {
        try {
            return JSON.writeValueAsString(text);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends a request without changes; header names and values alternate. */
    public Answer send(String method, String path, String body, String... headers) {
        return sendBytes(method, path, body == null ? null : body.getBytes(UTF_8), headers);
    }

    /**
     * Sends a request without changes, with any bytes as its body.
     *
     * @throws AssertionError if {@code openapi.yaml} does not describe the response
     */
    public Answer sendBytes(String method, String path, byte[] body, String... headers) {
        var request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                .timeout(Duration.ofSeconds(30))
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body));
        Optional.ofNullable(credential).ifPresent(key -> request.setHeader("Authorization", "Bearer " + key));
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        try {
            HttpResponse<byte[]> response = HTTP.send(request.build(), BodyHandlers.ofByteArray());
            var answer = new Answer(response.statusCode(), response.headers(), response.body());
            if (checksContract) {
                ApiContract.ofService()
                        .check(
                                method,
                                response.uri().getRawPath(),
                                answer.status(),
                                answer.header("Content-Type"),
                                answer.bytes());
            }
            return answer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static String[] with(String[] headers, String name, String value) {
        var all = Arrays.copyOf(headers, headers.length + 2);
        all[headers.length] = name;
        all[headers.length + 1] = value;
        return all;
    }
}
