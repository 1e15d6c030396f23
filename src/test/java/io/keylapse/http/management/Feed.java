package io.keylapse.http.management;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Client.Answer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A client of the feed of endings, until the feed ends or is closed. */
final class Feed implements AutoCloseable {
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    record Event(String name, String id, String data) {}

    final List<Event> events = new CopyOnWriteArrayList<>();
    private final HttpResponse<InputStream> response;
    private volatile boolean ended;

    /** Requests the feed; header names and values alternate. */
    Feed(int port, String managementKey, String query, String... headers) {
        var request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/v1/blacklist/feed" + query))
                .header("Authorization", "Bearer " + managementKey);
        if (headers.length > 0) {
            request.headers(headers);
        }
        try {
            response = HTTP.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
        if (isOpen()) {
            assertThat(response.headers().firstValue("Content-Type").orElse("")).startsWith("text/event-stream");
            Thread.ofVirtual().start(this::read);
        }
    }

    boolean isOpen() {
        return response.statusCode() == 200 && !ended;
    }

    /** The response that refused the feed. */
    Answer refusal() {
        try {
            return new Answer(
                    response.statusCode(), response.headers(), response.body().readAllBytes());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    Feed awaitFirst() {
        await().atMost(20, SECONDS).until(() -> !events.isEmpty());
        return this;
    }

    String lastId() {
        return events.getLast().id();
    }

    boolean tellsOf(Answer key) {
        return events.stream().anyMatch(event -> event.data().contains(key.text("id")));
    }

    private void read() {
        try (var lines = new BufferedReader(new InputStreamReader(response.body(), UTF_8))) {
            String name = "";
            String id = "";
            String data = "";
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.isEmpty()) {
                    events.add(new Event(name, id, data));
                } else {
                    String value = line.substring(line.indexOf(':') + 1).strip();
                    switch (line.substring(0, line.indexOf(':'))) {
                        case "event" -> name = value;
                        case "id" -> id = value;
                        case "data" -> data = value;
                        default -> throw new AssertionError(line);
                    }
                }
            }
        } catch (IOException e) {
            // Closed by either side.
        } finally {
            ended = true;
        }
    }

    @Override
    public void close() {
        try {
            response.body().close();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
